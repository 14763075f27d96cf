#include "relay/track/totals.h"

namespace spillway::relay {

void TrackTotals::end(const TrackInput& input) {
    before_ = sums(&input);
    lost_ = 0;
}

TrackTotals::Sums TrackTotals::sums(const TrackInput* input) const {
    if (!input) return before_;
    const Sums now = read(*input);
    return {before_.packets + now.packets - atBegin_.packets, before_.bytes + now.bytes - atBegin_.bytes,
            before_.drained + now.drained - atBegin_.drained, before_.lost + lost_};
}

TrackTotals::Sums TrackTotals::read(const TrackInput& input) {
    return {input.counters()->packets.load(std::memory_order_relaxed),
            input.counters()->bytes.load(std::memory_order_relaxed), input.drainedPackets(), 0};
}

} // namespace spillway::relay
