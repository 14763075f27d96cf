#include "relay/sdp/text.h"

#include <algorithm>

namespace spillway::relay::sdp {

namespace {

bool isAlphanumeric(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

} // namespace

std::optional<Error> checkBytes(std::string_view text, std::size_t most, const std::string& name) {
    if (text.size() > most)
        return unsupported("the " + name + " has " + std::to_string(text.size()) + " bytes, at most " +
                           std::to_string(most) + " are read");
    if (text.find('\0') != std::string_view::npos) return malformed("the " + name + " contains a NUL byte");
    if (utf8Bytes(text) != text.size()) return malformed("the " + name + " is not UTF-8");
    return std::nullopt;
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

bool isMid(std::string_view text) {
    constexpr std::size_t longest = 64;
    return text.size() <= longest && isToken(text);
}

bool isPrintable(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

std::string shown(std::string_view text) {
    constexpr std::size_t longest = 40;
    std::string result = "\"";
    for (const char c : text.substr(0, longest))
        result += c >= ' ' && c <= '~' && c != '"' ? c : '?';
    return result + (text.size() > longest ? "…\"" : "\"");
}

} // namespace spillway::relay::sdp
