// How often one viewer may have the publisher asked for a keyframe, which all others then get too: once, then
// once every 3 s. A wish that comes sooner waits; a keyframe that goes out fulfils it. One thread at a time.
#pragma once

#include "relay/base/clock.h"

#include <chrono>
#include <optional>

namespace spillway::relay::webrtc {

class KeyframeAllowance {
  public:
    static constexpr std::chrono::seconds each{3};

    void want() { wanted_ = true; }
    void onKeyframe() { wanted_ = false; }
    /// Whether to ask now; true once for each wish.
    bool mayAsk(Clock::time_point now) {
        if (!wanted_ || (asked_ && now - *asked_ < each)) return false;
        wanted_ = false;
        asked_ = now;
        return true;
    }

  private:
    bool wanted_ = false;
    std::optional<Clock::time_point> asked_;
};

} // namespace spillway::relay::webrtc
