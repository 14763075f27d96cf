#include "relay/sdp/text.h"

#include <algorithm>
#include <array>

namespace spillway::relay::sdp {

namespace {

bool isAlphanumeric(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/// How many continuation bytes follow `first`; nothing when it cannot start a sequence.
std::optional<unsigned> continuationBytes(unsigned first) {
    if (first < 0x80) return 0;
    if (first >= 0xC2 && first <= 0xDF) return 1;
    if (first >= 0xE0 && first <= 0xEF) return 2;
    if (first >= 0xF0 && first <= 0xF4) return 3;
    return std::nullopt;
}

/// Whether the code point needs so many continuation bytes (RFC 3629: no overlong forms, no surrogates).
bool isCodePoint(unsigned value, unsigned continuations) {
    constexpr std::array<unsigned, 4> least{0, 0x80, 0x800, 0x10000};
    return value >= least.at(continuations) && value <= 0x10FFFF && (value < 0xD800 || value > 0xDFFF);
}

/// Bytes of the sequence that starts at `text`, 0 when it is none.
std::size_t sequenceLength(std::string_view text) {
    const unsigned first = static_cast<unsigned char>(text.front());
    const auto more = continuationBytes(first);
    if (!more || *more >= text.size()) return 0;
    unsigned value = *more == 0 ? first : first & (0x3FU >> *more);
    for (unsigned i = 1; i <= *more; ++i) {
        const unsigned byte = static_cast<unsigned char>(text[i]);
        if ((byte & 0xC0U) != 0x80U) return 0;
        value = value << 6U | (byte & 0x3FU);
    }
    return isCodePoint(value, *more) ? *more + 1 : 0;
}

} // namespace

bool isUtf8(std::string_view text) {
    while (!text.empty()) {
        const std::size_t length = sequenceLength(text);
        if (length == 0) return false;
        text.remove_prefix(length);
    }
    return true;
}

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::vector<std::string_view> words(std::string_view text) {
    std::vector<std::string_view> result;
    for (std::size_t begin = 0; (begin = text.find_first_not_of(" \t", begin)) != std::string_view::npos;) {
        const std::size_t end = std::min(text.find_first_of(" \t", begin), text.size());
        result.push_back(text.substr(begin, end - begin));
        begin = end;
    }
    return result;
}

std::vector<std::string_view> lines(std::string_view text) {
    std::vector<std::string_view> result;
    while (!text.empty()) {
        auto [line, rest] = splitAt(text, '\n');
        if (const auto last = line.find_last_not_of(" \t\r"); last != std::string_view::npos)
            result.push_back(line.substr(0, last + 1));
        text = rest;
    }
    return result;
}

bool isIceText(std::string_view text) {
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return isAlphanumeric(c) || c == '+' || c == '/'; });
}

bool isToken(std::string_view text) {
    constexpr std::string_view marks = "!#$%&'*+-.^_`{|}~";
    return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
        return isAlphanumeric(c) || marks.find(c) != std::string_view::npos;
    });
}

bool isPrintable(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

std::string raised(std::string_view text) {
    std::string result(text);
    for (char& c : result)
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    return result;
}

std::string lowered(std::string_view text) {
    std::string result(text);
    for (char& c : result)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return result;
}

std::string shown(std::string_view text) {
    constexpr std::size_t longest = 40;
    std::string result = "\"";
    for (const char c : text.substr(0, longest))
        result += c >= ' ' && c <= '~' && c != '"' ? c : '?';
    return result + (text.size() > longest ? "…\"" : "\"");
}

std::pair<std::string_view, std::string_view> splitAt(std::string_view text, char separator) {
    const auto at = text.find(separator);
    if (at == std::string_view::npos) return {text, {}};
    return {text.substr(0, at), text.substr(at + 1)};
}

} // namespace spillway::relay::sdp
