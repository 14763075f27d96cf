// What a track has counted since it began, over all its incarnations. Owner: Track. Loop thread.
#pragma once

#include "relay/track/input.h"

#include <cstdint>

namespace spillway::relay {

class TrackTotals {
  public:
    struct Sums {
        std::uint64_t packets = 0;
        std::uint64_t bytes = 0;
        std::uint64_t drained = 0;
        std::uint64_t lost = 0;
    };

    /// What `input` counts from now on belongs to the track; what it counted before does not.
    void begin(const TrackInput& input) { atBegin_ = read(input); }
    /// `input` counts for it no more.
    void end(const TrackInput& input);
    /// What the statistics of the present peer say was lost.
    void setLost(std::uint64_t packets) { lost_ = packets; }
    /// `input` is the one that began, or null when it has ended.
    Sums sums(const TrackInput* input) const;

  private:
    static Sums read(const TrackInput& input);

    Sums before_;  ///< of the inputs before the present one
    Sums atBegin_; ///< what the present input had counted when it came
    std::uint64_t lost_ = 0;
};

} // namespace spillway::relay
