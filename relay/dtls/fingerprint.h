// Fingerprints of certificates, by which the SDP says whose a certificate is (RFC 5763 section 5). Any
// thread.
#pragma once

#include "relay/sdp/fingerprint.h"

#include <openssl/x509.h>

#include <optional>
#include <string_view>

namespace spillway::relay::dtls {

/// Nothing when OpenSSL cannot.
std::optional<sdp::Fingerprint> fingerprintOf(const X509* certificate, sdp::Fingerprint::Hash hash);
/// Of the first certificate in `pem`; nothing when there is none.
std::optional<sdp::Fingerprint> fingerprintOf(std::string_view pem, sdp::Fingerprint::Hash hash);

} // namespace spillway::relay::dtls
