#include "relay/dtls/fingerprint.h"

#include "relay/dtls/handles.h"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <array>
#include <cstdint>

namespace spillway::relay::dtls {

std::optional<sdp::Fingerprint> fingerprintOf(const X509* certificate, sdp::Fingerprint::Hash hash) {
    const EVP_MD* digest = EVP_sha256();
    if (hash == sdp::Fingerprint::Hash::sha384) digest = EVP_sha384();
    if (hash == sdp::Fingerprint::Hash::sha512) digest = EVP_sha512();
    std::array<std::uint8_t, EVP_MAX_MD_SIZE> bytes{};
    unsigned length = 0;
    if (X509_digest(certificate, digest, bytes.data(), &length) != 1) return std::nullopt;
    return sdp::Fingerprint{hash, {bytes.begin(), bytes.begin() + length}};
}

std::optional<sdp::Fingerprint> fingerprintOf(std::string_view pem, sdp::Fingerprint::Hash hash) {
    const openssl::Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    const openssl::Certificate certificate(bio ? PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)
                                               : nullptr);
    ERR_clear_error();
    return certificate ? fingerprintOf(certificate.get(), hash) : std::nullopt;
}

} // namespace spillway::relay::dtls
