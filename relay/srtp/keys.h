// What a DTLS handshake leaves for SRTP.
#pragma once

#include <cstdint>
#include <vector>

namespace spillway::relay::srtp {

/// In our order of preference (RFC 7714 section 14.2, RFC 5764 section 4.1.2).
enum class Profile { aeadAes128Gcm, aes128CmSha1_80 };

struct Keys {
    Profile profile = Profile::aeadAes128Gcm;
    std::vector<std::uint8_t> send;    ///< master key, then salt: what we protect with
    std::vector<std::uint8_t> receive; ///< what the viewer protects with
};

} // namespace spillway::relay::srtp
