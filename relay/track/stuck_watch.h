// Distinguishes a streaming thread that hangs inside one push from one that works or rests, by looking at it
// now and then. Owner: Track. Loop thread.
#pragma once

#include "relay/base/clock.h"
#include "relay/track/input.h"

#include <cstdint>
#include <optional>

namespace spillway::relay {

class StuckWatch {
  public:
    /// Since when the thread has been inside one and the same push, as far as was seen; none when it
    /// progresses.
    std::optional<Clock::time_point> look(const TrackInput& input);
    /// Another input comes.
    void reset() { insideSince_.reset(); }

  private:
    std::uint64_t packets_ = 0; ///< at the last look
    std::optional<Clock::time_point> insideSince_;
};

} // namespace spillway::relay
