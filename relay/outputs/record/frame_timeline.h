// Timestamps of one file: from 0 on, without holes and steps that a container or a player cannot take.
//
// Comes in: the timestamps of frames as they are, perhaps missing, perhaps going backwards. Goes out: those
// of the file. Any thread, one at a time.
#pragma once

#include "relay/queue/frame.h"

#include <chrono>
#include <cstdint>
#include <optional>

namespace spillway::relay {

class FrameTimeline {
  public:
    using Time = std::chrono::nanoseconds;

    /// The presentation time in the file. A frame without one follows its predecessor by the time that passed
    /// between their arrivals. A step backwards, or of less than 1 ms, holds the clock to 1 ms a frame,
    /// unless decoding times say that a step backwards is right (B-frames); one of more than a second sets it
    /// again.
    Time next(std::optional<Time> presentation, std::optional<Time> decoding, Clock::time_point arrived);

    /// From the first frame to the newest.
    Time span() const { return newest_; }

  private:
    Time expected(Clock::time_point arrived) const;

    std::optional<Time> base_; ///< the input's time of the file's 0
    Time newest_{};
    Time newestGiven_{}; ///< before it was held; in the file's time, as the next
    std::optional<Time> lastDecoding_;
    std::optional<Clock::time_point> lastArrived_;
};

} // namespace spillway::relay
