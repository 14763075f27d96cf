// Relates the timestamps of one RTP stream to time: by the reports of who captured it, or, while there are
// none that can be, from when its packets arrived. Then the one that was on its way for the shortest time of
// each window counts, so that jitter and queues do not, and streams of one participant can be played in sync
// to within the difference of their delays up to here. One thread at a time.
#pragma once

#include "relay/base/clock.h"
#include "relay/rtp/capture_clock.h"

#include <cstdint>
#include <memory>
#include <optional>

namespace spillway::relay::rtp {

class WallClock {
  public:
    void add(std::uint32_t timestamp, Clock::time_point arrived, std::uint32_t clockRate);
    /// What the reports tell, which may be null, counts from here on; `offset` is our timestamp less the one
    /// that they speak of.
    void follow(const std::shared_ptr<const CaptureClock>& reports, std::uint32_t offset);
    /// The timestamp of `time`; nothing before the first packet.
    std::optional<std::uint32_t> at(Clock::time_point time) const;
    /// Whether what at() says will hold. Receivers make up for one wrong report for a long time: libwebrtc
    /// takes the mean of the last twenty.
    bool isSettled(Clock::time_point now) const { return !reports_ || !reports_->isAwaited(now); }
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
    std::optional<std::uint32_t> byReports(Clock::time_point time) const;

    std::uint32_t clockRate_ = 90000;
    std::optional<Reference> previous_;
    std::optional<Reference> current_;
    std::shared_ptr<const CaptureClock> reports_;
    std::uint32_t offset_ = 0;
};

} // namespace spillway::relay::rtp
