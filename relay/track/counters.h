// What one incarnation of a track counts. Written by its streaming thread, read by any.
#pragma once

#include "relay/queue/frame.h"

#include <atomic>
#include <cstdint>

namespace spillway::relay {

struct TrackCounters {
    TrackCounters(std::uint64_t sourceId, MediaKind mediaKind)
        : source(sourceId)
        , kind(mediaKind) {}

    const std::uint64_t source; ///< unique in the process; see StreamFormat::source
    const MediaKind kind;
    std::atomic<std::uint64_t> packets{0};
    std::atomic<std::uint64_t> bytes{0};
    /// When the packet that is now on its way through the tee came in, so that branches need no clock of
    /// their own.
    std::atomic<Clock::rep> lastArrival{0};

    Clock::time_point arrival() const {
        return Clock::time_point(Clock::duration(lastArrival.load(std::memory_order_relaxed)));
    }
};

} // namespace spillway::relay
