// Certificates of DTLS-SRTP, which are nothing but keys: whose they are is said by the fingerprints in the
// SDP (RFC 5763 section 5). Any thread.
#pragma once

#include "relay/outputs/webrtc/openssl_handles.h"
#include "relay/sdp/fingerprint.h"

#include <optional>

namespace spillway::relay::webrtc {

/// With a new ECDSA P-256 key, signed by itself. Throws std::runtime_error.
struct DtlsCertificate {
    DtlsCertificate();

    openssl::Key key;
    openssl::Certificate certificate;
};

/// Nothing when OpenSSL cannot.
std::optional<sdp::Fingerprint> fingerprintOf(const X509* certificate, sdp::Fingerprint::Hash hash);

} // namespace spillway::relay::webrtc
