#include "relay/dtls/identity.h"

#include "relay/base/random.h"
#include "relay/dtls/fingerprint.h"

#include <openssl/ec.h>
#include <openssl/pem.h>

#include <cstdint>
#include <string_view>

namespace spillway::relay::dtls {

using openssl::require;

namespace {

// Nobody looks at it, but a process must not outlive its certificate.
constexpr long certificateSeconds = 10L * 365 * 24 * 3600;
constexpr long clockSkewSeconds = 24L * 3600;

openssl::Key newKey() {
    openssl::Key key(EVP_EC_gen("P-256"));
    require(key != nullptr, "key");
    return key;
}

openssl::Certificate selfSigned(EVP_PKEY* key) {
    openssl::Certificate certificate(X509_new());
    require(certificate != nullptr, "certificate");
    X509* x509 = certificate.get();
    X509_NAME* name = X509_get_subject_name(x509);
    constexpr std::string_view commonName = "spillway";
    const bool good =
        X509_set_version(x509, X509_VERSION_3) == 1 &&
        ASN1_INTEGER_set_uint64(X509_get_serialNumber(x509), randomNumber<std::uint64_t>()) == 1 &&
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

std::string fingerprintText(const X509* certificate) {
    const auto digest = fingerprintOf(certificate, sdp::Fingerprint::Hash::sha256);
    require(digest.has_value(), "fingerprint");
    return digest->text();
}

std::string pemText(X509* certificate, EVP_PKEY* key) {
    const openssl::Bio bio(BIO_new(BIO_s_mem()));
    const bool good = bio && PEM_write_bio_X509(bio.get(), certificate) == 1 &&
                      PEM_write_bio_PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1;
    require(good, "certificate as text");
    const char* text = nullptr;
    const long size = BIO_get_mem_data(bio.get(), &text);
    return {text, static_cast<std::size_t>(size)};
}

} // namespace

Identity::Identity()
    : key_(newKey())
    , certificate_(selfSigned(key_.get()))
    , fingerprint_(fingerprintText(certificate_.get()))
    , pem_(pemText(certificate_.get(), key_.get())) {}

const Identity& ourIdentity() {
    static const Identity identity;
    return identity;
}

} // namespace spillway::relay::dtls
