#include "config/name.h"

#include <algorithm>
#include <cstdint>

namespace spillway::config {

namespace {

constexpr std::size_t longest = 64;

bool isNameByte(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
}

/// What toName() adds.
constexpr std::string_view mark = "--";
constexpr std::size_t digits = 8;

bool isHexDigit(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

bool isMarked(std::string_view name) {
    if (name.size() < mark.size() + digits) return false;
    const auto end = name.substr(name.size() - digits - mark.size());
    return end.starts_with(mark) && std::all_of(end.begin() + mark.size(), end.end(), isHexDigit);
}

/// FNV-1a of 64 bits, folded to 32.
std::string hashOf(std::string_view text) {
    std::uint64_t hash = 0xCBF29CE484222325;
    for (const char c : text)
        hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3;
    std::uint32_t folded = static_cast<std::uint32_t>(hash ^ (hash >> 32U));
    std::string hex(digits, '0');
    for (auto digit = hex.rbegin(); digit != hex.rend(); ++digit, folded >>= 4U)
        *digit = "0123456789abcdef"[folded & 0xFU];
    return hex;
}

bool isDots(std::string_view text) {
    return text == "." || text == "..";
}

} // namespace

bool isName(std::string_view text) {
    return !text.empty() && text.size() <= longest && !isDots(text) &&
           std::all_of(text.begin(), text.end(), isNameByte);
}

std::string toName(std::string_view text) {
    if (text.empty()) return "participant";
    if (isName(text) && !isMarked(text)) return std::string(text);
    std::string name(text.substr(0, longest - mark.size() - digits));
    std::replace_if(
        name.begin(), name.end(), [](char c) { return !isNameByte(c); }, '_');
    return name.append(mark).append(hashOf(text));
}

std::string toDisplay(std::string_view text) {
    constexpr std::size_t most = 256;
    constexpr auto continues = [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80; };
    std::size_t end = std::min(text.size(), most);
    while (end < text.size() && end > 0 && continues(text[end]))
        --end;
    std::string display(text.substr(0, end));
    std::replace_if(
        display.begin(), display.end(), [](char c) { return static_cast<unsigned char>(c) < ' '; }, ' ');
    return display;
}

} // namespace spillway::config
