// Durations as users write them: `500ms`, `10s`, `5m`, `1h`, `7d`, or a bare `0`. Nothing else parses
// durations.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace spillway::config {

/// Throws std::invalid_argument, which says what is wrong and what is allowed.
std::chrono::milliseconds parseDuration(std::string_view text);

/// In the largest unit that gives a whole number; parseDuration() reads it back.
std::string formatDuration(std::chrono::milliseconds duration);

} // namespace spillway::config
