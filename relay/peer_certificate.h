// Compares a certificate with a fingerprint. Pure but for GLib's hash functions, any thread.
#pragma once

#include "relay/sdp/fingerprint.h"

#include <optional>
#include <string_view>

namespace spillway::relay {

/// The fingerprint of the first certificate in `pem`; nothing when there is none.
std::optional<sdp::Fingerprint> fingerprintOf(std::string_view pem, sdp::Fingerprint::Hash hash);

} // namespace spillway::relay
