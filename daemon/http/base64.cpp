#include "daemon/http/base64.h"

#include <cstdint>

namespace spillway::daemon::http {

namespace {

constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr unsigned digitBits = 6;
constexpr unsigned byteBits = 8;

} // namespace

std::string toBase64Url(std::string_view bytes) {
    std::string text;
    std::uint32_t pending = 0;
    unsigned bits = 0;
    for (const char c : bytes) {
        pending = pending << byteBits | static_cast<unsigned char>(c);
        for (bits += byteBits; bits >= digitBits; bits -= digitBits)
            text += digits[pending >> (bits - digitBits) & 63U];
    }
    if (bits > 0) text += digits[pending << (digitBits - bits) & 63U];
    return text;
}

std::optional<std::string> fromBase64Url(std::string_view text) {
    std::string bytes;
    std::uint32_t pending = 0;
    unsigned bits = 0;
    for (const char c : text) {
        const auto digit = digits.find(c);
        if (digit == std::string_view::npos) return std::nullopt;
        pending = pending << digitBits | static_cast<std::uint32_t>(digit);
        bits += digitBits;
        if (bits < byteBits) continue;
        bits -= byteBits;
        bytes += static_cast<char>(pending >> bits & 255U);
    }
    // A digit too many, or bits that no byte has: another text for the same bytes.
    if (bits >= digitBits || (pending & ((1U << bits) - 1)) != 0) return std::nullopt;
    return bytes;
}

} // namespace spillway::daemon::http
