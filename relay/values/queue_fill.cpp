#include "relay/values/queue_fill.h"

#include <algorithm>

namespace spillway::relay {

namespace {

/// A bound of 0 is none that could fill.
template <class Amount>
double share(Amount amount, Amount bound) {
    return bound == 0 ? 0 : static_cast<double>(amount) / static_cast<double>(bound);
}

} // namespace

double queueFill(const QueueStats& stats, const config::QueueBounds& bounds) {
    const auto span = std::chrono::duration_cast<std::chrono::microseconds>(stats.queuedTime).count();
    const auto most = std::chrono::duration_cast<std::chrono::microseconds>(bounds.time).count();
    return std::max({share<std::uint64_t>(stats.queuedBuffers, bounds.buffers),
                     share<std::uint64_t>(stats.queuedBytes, bounds.bytes), share(span, most)});
}

} // namespace spillway::relay
