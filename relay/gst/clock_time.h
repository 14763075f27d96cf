// GStreamer's times as durations. Any thread.
#pragma once

#include <gst/gst.h>

#include <chrono>
#include <cstdint>
#include <optional>

namespace spillway::gst {

/// Nothing for GST_CLOCK_TIME_NONE.
inline std::optional<std::chrono::nanoseconds> durationOf(GstClockTime time) {
    if (!GST_CLOCK_TIME_IS_VALID(time)) return std::nullopt;
    return std::chrono::nanoseconds(static_cast<std::int64_t>(time));
}

} // namespace spillway::gst
