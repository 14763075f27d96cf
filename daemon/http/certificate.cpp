#include "daemon/http/certificate.h"

#include "config/file.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <memory>
#include <stdexcept>
#include <string>

namespace spillway::daemon::http {

namespace {

/// A chain of ten certificates takes a fiftieth of it.
constexpr std::size_t maxPemBytes = 1024UL * 1024;

template <auto release>
struct Release {
    template <class T>
    void operator()(T* object) const {
        release(object);
    }
};
using Bio = std::unique_ptr<BIO, Release<BIO_free>>;
using X509Certificate = std::unique_ptr<X509, Release<X509_free>>;
using PrivateKey = std::unique_ptr<EVP_PKEY, Release<EVP_PKEY_free>>;

[[noreturn]] void fail(const std::filesystem::path& file, const std::string& why) {
    throw std::runtime_error(file.string() + ": " + why);
}

std::string read(const std::filesystem::path& file) {
    try {
        return config::readFile(file, maxPemBytes);
    } catch (const config::FileError& error) {
        fail(file, error.what());
    }
}

Bio bioOf(const std::string& pem) {
    return Bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
}

/// OpenSSL would ask whoever sits at the terminal.
int noPassword(char*, int, int, void* asked) noexcept {
    *static_cast<bool*>(asked) = true;
    return -1;
}

/// The first one is the server's, those after it are its chain (RFC 8446 section 4.4.2).
X509Certificate firstCertificate(const std::string& pem, const std::filesystem::path& file) {
    X509Certificate certificate(PEM_read_bio_X509(bioOf(pem).get(), nullptr, nullptr, nullptr));
    ERR_clear_error();
    if (!certificate) fail(file, "there is no certificate in PEM form (-----BEGIN CERTIFICATE-----)");
    return certificate;
}

PrivateKey privateKey(const std::string& pem, const std::filesystem::path& file) {
    bool asked = false;
    PrivateKey key(PEM_read_bio_PrivateKey(bioOf(pem).get(), nullptr, noPassword, &asked));
    ERR_clear_error();
    if (asked) fail(file, "the key is protected by a password; write it without one, by openssl pkey");
    if (!key) fail(file, "there is no private key in PEM form (-----BEGIN PRIVATE KEY-----)");
    return key;
}

} // namespace

glib::Object<GTlsCertificate> loadCertificate(const config::TlsSettings& settings) {
    const std::string certificates = read(settings.certificate);
    const std::string keys = read(settings.key);
    const auto certificate = firstCertificate(certificates, settings.certificate);
    const auto key = privateKey(keys, settings.key);
    const bool fits = X509_check_private_key(certificate.get(), key.get()) == 1;
    ERR_clear_error();
    if (!fits)
        fail(settings.key,
             "this is not the key of the first certificate in " + settings.certificate.string());
    glib::Error error;
    // Of what was checked, not read again: a renewal may be under way.
    const std::string both = certificates + "\n" + keys;
    glib::Object<GTlsCertificate> loaded(
        g_tls_certificate_new_from_pem(both.data(), static_cast<gssize>(both.size()), error.out()));
    if (!loaded) fail(settings.certificate, error.text());
    return loaded;
}

std::string expiryOf(GTlsCertificate* certificate) {
    const std::unique_ptr<GDateTime, Release<g_date_time_unref>> expiry(
        g_tls_certificate_get_not_valid_after(certificate));
    if (!expiry) return "unknown";
    const std::unique_ptr<GDateTime, Release<g_date_time_unref>> utc(g_date_time_to_utc(expiry.get()));
    const glib::Text text(g_date_time_format(utc.get(), "%Y-%m-%dT%H:%M:%SZ"));
    return text.get();
}

} // namespace spillway::daemon::http
