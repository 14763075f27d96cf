// What is written to the log, by level. One line for each step of a life, `key=value`; nothing for each
// packet.
//
// Beside the levels nothing of spdlog stands here, and of fmt only its core: a source that logs would else
// compile the whole formatter again. Where lines go is daemon/logging's. Any thread.
#pragma once

#include <fmt/core.h>

namespace spillway::log {

enum class Level { debug, info, warn, error };

bool isEnabled(Level level);
void write(Level level, fmt::string_view format, fmt::format_args values);

template <class... Values>
void at(Level level, fmt::format_string<Values...> format, const Values&... values) {
    if (isEnabled(level)) write(level, format, fmt::make_format_args(values...));
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
