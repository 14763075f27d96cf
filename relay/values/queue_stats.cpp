#include "relay/values/queue_stats.h"

#include <numeric>

namespace spillway::relay {

const char* dropReasonName(DropReason reason) {
    static constexpr std::array names{"full", "await_keyframe", "stale", "write_error", "congested", "end"};
    return names[static_cast<std::size_t>(reason)];
}

const char* endReasonName(EndReason reason) {
    static constexpr std::array names{"none",     "track ended", "unsubscribed",
                                      "overflow", "write error", "shutdown"};
    return names[static_cast<std::size_t>(reason)];
}

std::uint64_t QueueStats::droppedTotal() const {
    return std::accumulate(dropped.begin(), dropped.end(), std::uint64_t{0});
}

} // namespace spillway::relay
