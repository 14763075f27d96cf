#include "config/text.h"

#include <algorithm>

#include <glib.h>

namespace spillway {

std::size_t utf8Bytes(std::string_view text) {
    if (text.empty()) return 0;
    const char* end = nullptr;
    g_utf8_validate_len(text.data(), text.size(), &end);
    return static_cast<std::size_t>(end - text.data());
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

std::pair<std::string_view, std::string_view> splitAt(std::string_view text, char separator) {
    const auto at = text.find(separator);
    if (at == std::string_view::npos) return {text, {}};
    return {text.substr(0, at), text.substr(at + 1)};
}

std::string lowered(std::string_view text) {
    std::string result(text);
    for (char& c : result)
        c = g_ascii_tolower(c);
    return result;
}

std::string raised(std::string_view text) {
    std::string result(text);
    for (char& c : result)
        c = g_ascii_toupper(c);
    return result;
}

std::optional<std::uint8_t> hexByte(std::string_view digits) {
    std::uint8_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
    if (digits.size() != 2 || error != std::errc{} || end != digits.data() + 2) return std::nullopt;
    return value;
}

} // namespace spillway
