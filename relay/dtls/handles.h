// Owners of OpenSSL's objects, and its errors as text. Any thread; the error queue is the thread's own.
#pragma once

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <memory>
#include <string>
#include <string_view>

namespace spillway::relay::openssl {

template <auto release>
struct Release {
    template <class T>
    void operator()(T* object) const {
        release(object);
    }
};
using Bio = std::unique_ptr<BIO, Release<BIO_free>>;
using BioMethod = std::unique_ptr<BIO_METHOD, Release<BIO_meth_free>>;
using Certificate = std::unique_ptr<X509, Release<X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, Release<EVP_PKEY_free>>;
using Context = std::unique_ptr<SSL_CTX, Release<SSL_CTX_free>>;
using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, Release<EVP_CIPHER_CTX_free>>;
using Connection = std::unique_ptr<SSL, Release<SSL_free>>;

/// The oldest error of the thread's queue, which is emptied; `otherwise` when there is none.
std::string takeError(std::string_view otherwise);

/// Throws std::runtime_error with `what` and the error, unless it is good.
void require(bool good, const char* what);

} // namespace spillway::relay::openssl
