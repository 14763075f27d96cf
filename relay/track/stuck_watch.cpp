#include "relay/track/stuck_watch.h"

#include <utility>

namespace spillway::relay {

std::optional<Clock::time_point> StuckWatch::look(const TrackInput& input) {
    const auto packets = input.counters()->packets.load(std::memory_order_relaxed);
    const bool progressed = std::exchange(packets_, packets) != packets;
    if (progressed || !input.insidePush())
        insideSince_.reset();
    else if (!insideSince_)
        insideSince_ = Clock::now();
    return insideSince_;
}

} // namespace spillway::relay
