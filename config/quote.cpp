#include "config/quote.h"

namespace spillway::config {

namespace {

constexpr std::size_t longest = 64;

bool isControl(unsigned char byte) {
    return byte < 0x20 || byte == 0x7f;
}

bool isContinuation(unsigned char byte) {
    return (byte & 0xc0U) == 0x80;
}

/// Where to cut without splitting a UTF-8 sequence.
std::size_t cutAt(std::string_view text) {
    if (text.size() <= longest) return text.size();
    std::size_t cut = longest;
    while (cut > 0 && isContinuation(static_cast<unsigned char>(text[cut])))
        --cut;
    return cut;
}

} // namespace

std::string quote(std::string_view text) {
    static constexpr std::string_view digits = "0123456789abcdef";
    const std::size_t cut = cutAt(text);
    std::string result = "\"";
    for (const char c : text.substr(0, cut)) {
        const auto byte = static_cast<unsigned char>(c);
        if (isControl(byte))
            result.append("\\x").append(1, digits[byte >> 4U]).append(1, digits[byte & 0xfU]);
        else
            result.push_back(c);
    }
    return result + (cut < text.size() ? "...\"" : "\"");
}

} // namespace spillway::config
