#include "relay/dtls/certificate.h"

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>

#include <array>
#include <cstdint>

namespace spillway::relay {

using openssl::Certificate;
using openssl::require;

namespace {

// Nobody looks at it, but a process must not outlive its certificate.
constexpr long certificateSeconds = 10L * 365 * 24 * 3600;
constexpr long clockSkewSeconds = 24L * 3600;

Certificate selfSigned(EVP_PKEY* key) {
    Certificate certificate(X509_new());
    require(certificate != nullptr, "certificate");
    X509* x509 = certificate.get();
    std::uint64_t serial = 0;
    require(RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) == 1, "random numbers");
    X509_NAME* name = X509_get_subject_name(x509);
    constexpr std::string_view commonName = "spillway";
    const bool good = X509_set_version(x509, X509_VERSION_3) == 1 &&
                      ASN1_INTEGER_set_uint64(X509_get_serialNumber(x509), serial) == 1 &&
                      X509_gmtime_adj(X509_getm_notBefore(x509), -clockSkewSeconds) != nullptr &&
                      X509_gmtime_adj(X509_getm_notAfter(x509), certificateSeconds) != nullptr &&
                      X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                                                 reinterpret_cast<const unsigned char*>(commonName.data()),
                                                 static_cast<int>(commonName.size()), -1, 0) == 1 &&
                      X509_set_issuer_name(x509, name) == 1 && X509_set_pubkey(x509, key) == 1 &&
                      X509_sign(x509, key, EVP_sha256()) > 0;
    require(good, "certificate");
    return certificate;
}

} // namespace

DtlsCertificate::DtlsCertificate()
    : key(EVP_EC_gen("P-256")) {
    require(key != nullptr, "key");
    certificate = selfSigned(key.get());
}

std::string DtlsCertificate::fingerprint() const {
    const auto digest = fingerprintOf(certificate.get(), sdp::Fingerprint::Hash::sha256);
    require(digest.has_value(), "fingerprint");
    return digest->text();
}

std::string DtlsCertificate::pem() const {
    const openssl::Bio bio(BIO_new(BIO_s_mem()));
    const bool good =
        bio && PEM_write_bio_X509(bio.get(), certificate.get()) == 1 &&
        PEM_write_bio_PrivateKey(bio.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1;
    require(good, "certificate as text");
    const char* text = nullptr;
    const long size = BIO_get_mem_data(bio.get(), &text);
    return {text, static_cast<std::size_t>(size)};
}

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
    const Certificate certificate(bio ? PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr) : nullptr);
    ERR_clear_error();
    return certificate ? fingerprintOf(certificate.get(), hash) : std::nullopt;
}

} // namespace spillway::relay
