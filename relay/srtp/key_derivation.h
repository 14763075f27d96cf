// Session keys from the master key and salt of a DTLS handshake (RFC 3711 section 4.3). Any thread.
#pragma once

#include "relay/base/bytes.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace spillway::relay::srtp {

/// Of SRTP; those of SRTCP are libsrtp's.
enum class Label : std::uint8_t { encryption = 0, authentication = 1, salt = 2 };

/// `bytes` of AES-CM's key stream for this label, with a key derivation rate of 0. `masterKey` has 16 bytes,
/// `masterSalt` 14, or 12 with AES-GCM, which are moved to the front (RFC 7714 section 11). Throws
/// std::runtime_error.
std::vector<std::uint8_t> derive(Bytes masterKey, Bytes masterSalt, Label label, std::size_t bytes);

} // namespace spillway::relay::srtp
