#include "relay/dtls/ice_credentials.h"

#include "relay/base/random.h"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace spillway::relay::dtls {

namespace {

// RFC 8445 section 5.3: at least 24 and 128 bits of randomness; an ice-char has 6.
constexpr std::size_t ufragChars = 8;
constexpr std::size_t pwdChars = 24;

template <std::size_t count>
std::string randomIceChars() {
    constexpr std::string_view chars = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    static_assert(256 % chars.size() == 0, "each as likely as the other");
    std::array<std::uint8_t, count> bytes{};
    fillRandom(bytes);
    std::string text;
    for (const std::uint8_t byte : bytes)
        text += chars[byte % chars.size()];
    return text;
}

} // namespace

sdp::IceCredentials randomIceCredentials() {
    return {randomIceChars<ufragChars>(), randomIceChars<pwdChars>()};
}

} // namespace spillway::relay::dtls
