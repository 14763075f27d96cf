// Telling a sender what it may send at most: REMB (draft-alvestrand-rmcat-remb-03 section 2.2); feedback.h
// reads it. Pure code, any thread.
#pragma once

#include "relay/base/bytes.h"

#include <cstdint>
#include <span>
#include <vector>

namespace spillway::relay::rtp {

/// No limit: the most that fits in 32 bits, signed, as libwebrtc kept it up to 2022.
constexpr std::uint64_t unlimited = std::uint64_t{0x3FFFF} << 13U;

/// A compound packet: an empty report, `description` (an SDES packet of `sender`, or nothing), and the limit
/// for all that comes over the transport, in bits per second, rounded down to 18 binary digits. At most 255
/// `ssrcs` are named.
std::vector<std::uint8_t> bandwidthMessage(std::uint32_t sender, Bytes description,
                                           std::uint64_t bitsPerSecond, std::span<const std::uint32_t> ssrcs);

} // namespace spillway::relay::rtp
