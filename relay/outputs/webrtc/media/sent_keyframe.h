// The last keyframe that went out to a viewer, by the numbers that the viewer knows: sent again it may spare
// the publisher a new one. One thread at a time.
#pragma once

#include "relay/base/clock.h"
#include "relay/queue/frame.h"

#include <cstdint>
#include <optional>
#include <utility>

namespace spillway::relay::webrtc {

class SentKeyframe {
  public:
    struct Numbers {
        std::uint16_t first;
        std::uint16_t last;
    };

    /// A packet of this frame went out. True when a keyframe begins with it.
    bool note(const Frame& frame, std::uint16_t sequence, Clock::time_point now) {
        const std::uint32_t timestamp = frame.packet->timestamp;
        if (at_ && timestamp == timestamp_) {
            if (static_cast<std::int16_t>(sequence - numbers_.last) > 0) numbers_.last = sequence;
            return false;
        }
        if (!frame.keyframe) return false;
        at_ = now;
        timestamp_ = timestamp;
        numbers_ = {sequence, sequence};
        repeated_ = false;
        return true;
    }
    /// When it began; nothing before the first.
    const std::optional<Clock::time_point>& at() const { return at_; }
    /// Nothing when it is older than that; once for each.
    std::optional<Numbers> takeToRepeat(Clock::time_point now, Clock::duration age) {
        if (!at_ || now - *at_ > age || std::exchange(repeated_, true)) return std::nullopt;
        return numbers_;
    }

  private:
    std::optional<Clock::time_point> at_;
    std::uint32_t timestamp_ = 0; ///< the publisher's
    Numbers numbers_{0, 0};
    bool repeated_ = false;
};

} // namespace spillway::relay::webrtc
