// Certificates of DTLS-SRTP, which are nothing but keys: whose they are is said by the fingerprints in the
// SDP (RFC 5763 section 5). Any thread.
#pragma once

#include "relay/dtls/handles.h"
#include "relay/sdp/fingerprint.h"

#include <optional>
#include <string>
#include <string_view>

namespace spillway::relay {

/// With a new ECDSA P-256 key, signed by itself. Throws std::runtime_error.
struct DtlsCertificate {
    DtlsCertificate();

    /// Value of `a=fingerprint`: `sha-256 AB:CD:…`. Throws std::runtime_error.
    std::string fingerprint() const;
    /// Certificate and key. Throws std::runtime_error.
    std::string pem() const;

    openssl::Key key;
    openssl::Certificate certificate;
};

/// Nothing when OpenSSL cannot.
std::optional<sdp::Fingerprint> fingerprintOf(const X509* certificate, sdp::Fingerprint::Hash hash);
/// Of the first certificate in `pem`; nothing when there is none.
std::optional<sdp::Fingerprint> fingerprintOf(std::string_view pem, sdp::Fingerprint::Hash hash);

} // namespace spillway::relay
