#include "relay/dtls/ice_credentials.h"

#include <openssl/rand.h>

#include <array>
#include <cstdint>
#include <stdexcept>
#include <string_view>

namespace spillway::relay {

namespace {

// RFC 8445 section 5.3: at least 24 and 128 bits of randomness; an ice-char has 6.
constexpr std::size_t ufragChars = 8;
constexpr std::size_t pwdChars = 24;

std::string randomIceChars(std::size_t count) {
    constexpr std::string_view chars = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::array<std::uint8_t, pwdChars> bytes{};
    if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1)
        throw std::runtime_error("no random numbers for ICE credentials");
    std::string text;
    for (std::size_t i = 0; i < count; ++i)
        text += chars[bytes.at(i) % chars.size()];
    return text;
}

} // namespace

sdp::IceCredentials randomIceCredentials() {
    return {randomIceChars(ufragChars), randomIceChars(pwdChars)};
}

} // namespace spillway::relay
