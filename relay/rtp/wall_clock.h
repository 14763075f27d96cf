// Relates the timestamps of one RTP stream to time, from when its packets arrived: the one that was on its
// way for the shortest time of each window counts, so that jitter and queues do not. The streams of one
// participant that are related so can be played in sync to within the difference of their delays up to here.
// One thread at a time.
#pragma once

#include "relay/base/clock.h"

#include <cstdint>
#include <optional>

namespace spillway::relay::rtp {

class WallClock {
  public:
    void add(std::uint32_t timestamp, Clock::time_point arrived, std::uint32_t clockRate);
    /// The timestamp of `time`; nothing before the first packet.
    std::optional<std::uint32_t> at(Clock::time_point time) const;
    /// Begins a window: what was the shortest before does not count any more, as clocks drift.
    void renew();
    /// Another incarnation: nothing from before counts.
    void reset() { *this = {}; }

  private:
    struct Reference {
        std::uint32_t timestamp;
        Clock::time_point arrived;
    };
    std::uint32_t extrapolate(const Reference& from, Clock::time_point time) const;

    std::uint32_t clockRate_ = 90000;
    std::optional<Reference> previous_;
    std::optional<Reference> current_;
};

} // namespace spillway::relay::rtp
