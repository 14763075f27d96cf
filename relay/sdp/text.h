// Small helpers on text for the parsers of this folder. Pure code, any thread.
#pragma once

#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace spillway::relay::sdp {

bool isUtf8(std::string_view text);

/// Without blanks and tabs at both ends.
std::string_view trimmed(std::string_view text);

/// The words between runs of blanks.
std::vector<std::string_view> words(std::string_view text);

/// Lines without CRLF or LF, trailing blanks trimmed; empty lines are left out.
std::vector<std::string_view> lines(std::string_view text);

/// RFC 8839 section 5.4: letters, digits, `+` and `/`.
bool isIceText(std::string_view text);

/// RFC 8866 token.
bool isToken(std::string_view text);

/// ASCII from blank to `~`: nothing in it can end a line, for whatever reader.
bool isPrintable(std::string_view text);

std::string lowered(std::string_view text);
std::string raised(std::string_view text);

/// For messages: at most 40 bytes of it, printable ASCII only.
std::string shown(std::string_view text);

/// Decimal digits only; nothing when it does not fit.
template <class Number>
std::optional<Number> number(std::string_view text) {
    Number value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

/// Splits at the first `separator`; the second part is empty when there is none.
std::pair<std::string_view, std::string_view> splitAt(std::string_view text, char separator);

} // namespace spillway::relay::sdp
