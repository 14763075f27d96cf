// Header extensions of RTP with one-byte headers (RFC 8285 section 4.2). Pure code, any thread.
#pragma once

#include "relay/base/bytes.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace spillway::relay::rtp {

constexpr std::uint16_t oneByteExtensions = 0xBEDE;

/// The shortest and the longest time a receiver is to wait before it shows a picture, 12 bits of 10 ms each.
using PlayoutDelay = std::array<std::uint8_t, 3>;
constexpr std::string_view playoutDelayUri = "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay";

/// What the element with this id says, in the block that begins at `block` of a packet; empty when there is
/// none. Whatever the lengths in it say, nothing beyond `packet` is read.
Bytes findExtension(Bytes packet, std::size_t block, std::uint8_t id);
std::optional<PlayoutDelay> findPlayoutDelay(Bytes packet, std::size_t block, std::uint8_t id);

} // namespace spillway::relay::rtp
