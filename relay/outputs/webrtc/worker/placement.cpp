#include "relay/outputs/webrtc/worker/placement.h"

#include <algorithm>
#include <cassert>

namespace spillway::relay::webrtc {

/// The least busy of those that have its track and room in their crowd, else the least busy of all.
std::size_t placeFor(std::span<const WorkerLoad> workers) {
    assert(!workers.empty());
    const auto isLessBusy = [](const WorkerLoad& a, const WorkerLoad& b) { return a.viewers < b.viewers; };
    const auto least = std::min_element(workers.begin(), workers.end(), isLessBusy);
    const auto joins = [&](const WorkerLoad& worker) {
        return worker.hasTrack && worker.viewers < least->viewers + crowd;
    };
    const auto chosen =
        std::min_element(workers.begin(), workers.end(), [&](const WorkerLoad& a, const WorkerLoad& b) {
            return joins(a) != joins(b) ? joins(a) : isLessBusy(a, b);
        });
    return static_cast<std::size_t>(chosen - workers.begin());
}

} // namespace spillway::relay::webrtc
