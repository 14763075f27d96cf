// Asking a sender for a keyframe: PLI (RFC 4585 section 6.3.1); feedback.h reads it. Pure code, any thread.
#pragma once

#include "relay/base/bytes.h"

#include <cstdint>
#include <vector>

namespace spillway::relay::rtp {

/// A compound packet: an empty report, `description` (an SDES packet of `sender`, or nothing), and the
/// request to the sender of `media`.
std::vector<std::uint8_t> keyframeRequest(std::uint32_t sender, Bytes description, std::uint32_t media);

} // namespace spillway::relay::rtp
