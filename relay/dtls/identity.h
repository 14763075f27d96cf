// One side of DTLS-SRTP: a key, and a certificate that it signed itself. Immutable; any thread.
//
// Ours is one for the life of the process, for publishers, SFUs and viewers alike, and known before any
// handshake begins. It is ECDSA P-256: the RSA key that webrtcbin would make costs each handshake
// milliseconds.
#pragma once

#include "relay/dtls/handles.h"

#include <string>

namespace spillway::relay::dtls {

class Identity {
  public:
    /// With a new key. Throws std::runtime_error with OpenSSL's words.
    Identity();

    /// Value of `a=fingerprint`: `sha-256 AB:CD:…`.
    const std::string& fingerprint() const { return fingerprint_; }
    /// Certificate and key.
    const std::string& pem() const { return pem_; }
    EVP_PKEY* key() const { return key_.get(); }
    X509* certificate() const { return certificate_.get(); }

  private:
    openssl::Key key_;
    openssl::Certificate certificate_;
    std::string fingerprint_;
    std::string pem_;
};

/// Made at the first call, which throws std::runtime_error when OpenSSL cannot make one.
const Identity& ourIdentity();

} // namespace spillway::relay::dtls
