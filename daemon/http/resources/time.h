// Points in time and spans as the API writes them.
#pragma once

#include <chrono>
#include <string>

namespace spillway::daemon::http {

/// RFC 3339 in UTC with milliseconds: `2026-01-31T12:00:00.000Z`.
std::string timestamp(std::chrono::system_clock::time_point time);

template <class Rep, class Period>
double seconds(std::chrono::duration<Rep, Period> span) {
    return std::chrono::duration<double>(span).count();
}

} // namespace spillway::daemon::http
