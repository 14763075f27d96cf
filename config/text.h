// Text, as every layer takes it apart: words, numbers, hexadecimal, letter case, UTF-8. Knows ASCII and no
// locale. Any thread.
#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace spillway {

/// The bytes before the first that is NUL or not UTF-8 (RFC 3629); all of them when there is none.
std::size_t utf8Bytes(std::string_view text);

/// Without blanks and tabs at both ends.
std::string_view trimmed(std::string_view text);

/// The words between runs of blanks and tabs.
std::vector<std::string_view> words(std::string_view text);

/// Splits at the first `separator`; the second part is empty when there is none.
std::pair<std::string_view, std::string_view> splitAt(std::string_view text, char separator);

std::string lowered(std::string_view text);
std::string raised(std::string_view text);

/// Decimal digits and nothing else, but for the minus of a signed type; nothing when it does not fit.
template <class Number>
std::optional<Number> number(std::string_view text) {
    Number value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

/// Exactly two hexadecimal digits.
std::optional<std::uint8_t> hexByte(std::string_view digits);

} // namespace spillway
