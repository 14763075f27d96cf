// Header extensions of RTP with one-byte headers (RFC 8285 section 4.2). Pure code, any thread.
#pragma once

#include "relay/base/bytes.h"

#include <cstdint>

namespace spillway::relay::webrtc {

constexpr std::uint16_t oneByteExtensions = 0xBEDE;

/// What the element with this id says, in a packet or its first bytes; empty when it has none. Whatever the
/// lengths in it say, nothing beyond `packet` is read.
Bytes findExtension(Bytes packet, std::uint8_t id);

} // namespace spillway::relay::webrtc
