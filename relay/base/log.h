// What is written to the log, by level. One line for each step of a life, `key=value`; nothing for each
// packet. Texts come from outside, too: none of them ends the quotes that it stands in.
//
// Beside the levels nothing of spdlog stands here, and of fmt only its core: a source that logs would else
// compile the whole formatter again. Where lines go is daemon/logging's. Any thread.
#pragma once

#include <fmt/core.h>

#include <string>
#include <string_view>
#include <type_traits>

namespace spillway::log {

enum class Level { debug, info, warn, error };

bool isEnabled(Level level);
void write(Level level, fmt::string_view format, fmt::format_args values);

/// `"` becomes `'`, and what is no printable byte of ASCII or UTF-8 a blank.
std::string plain(std::string_view text);

template <class Value>
decltype(auto) guarded(const Value& value) {
    if constexpr (std::is_convertible_v<const Value&, std::string_view>)
        return plain(value);
    else
        return (value);
}

template <class... Values>
void writeValues(Level level, fmt::string_view format, const Values&... values) {
    write(level, format, fmt::make_format_args(values...));
}

template <class... Values>
void at(Level level, fmt::format_string<Values...> format, const Values&... values) {
    if (isEnabled(level)) writeValues(level, format, guarded(values)...);
}

template <class... Values>
void debug(fmt::format_string<const Values&...> format, const Values&... values) {
    at<const Values&...>(Level::debug, format, values...);
}
template <class... Values>
void info(fmt::format_string<const Values&...> format, const Values&... values) {
    at<const Values&...>(Level::info, format, values...);
}
template <class... Values>
void warn(fmt::format_string<const Values&...> format, const Values&... values) {
    at<const Values&...>(Level::warn, format, values...);
}
template <class... Values>
void error(fmt::format_string<const Values&...> format, const Values&... values) {
    at<const Values&...>(Level::error, format, values...);
}

} // namespace spillway::log
