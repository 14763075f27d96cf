// When what a stream carries was captured, by the reports of its sender (RFC 3550 section 6.4.1).
//
// Comes in: sender reports of one SSRC. Goes out: RTP time of a moment of ours, and back. How late a stream
// came in plays no part in it: two that were captured together are told to be together. Of the reports of
// the last 10 to 20 s the one that tells the earliest capture counts: some senders report when they sent
// (GStreamer does by default), which jitters. Written by whoever receives RTCP, read by the outputs. Any
// thread.
#pragma once

#include "relay/base/clock.h"
#include "relay/rtp/sender_clock.h"
#include "relay/rtp/sender_report.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>

namespace spillway::relay::rtp {

class CaptureClock {
  public:
    /// `begins` is when the stream does.
    explicit CaptureClock(std::shared_ptr<SenderClocks> senders, Clock::time_point begins = Clock::now())
        : senders_(std::move(senders))
        , begins_(begins) {}

    /// With a clock rate of 0, which is unknown, the newest report counts.
    void onReport(const HeardReport& report, Clock::time_point arrived, std::uint32_t clockRate);

    /// The timestamp of what is captured at `time`; nothing before the first report.
    std::optional<std::uint32_t> timestampAt(Clock::time_point time, std::uint32_t clockRate) const;
    /// When what has that timestamp was captured.
    std::optional<Clock::time_point> capturedAt(std::uint32_t timestamp, std::uint32_t clockRate) const;
    /// A stream that is later than this beside its reports is not: they speak of something else.
    static constexpr std::chrono::seconds latest{5};

    bool isKnown() const { return reference().has_value(); }
    /// Whether the first report may be about to come: what arrivals tell until then would soon be corrected.
    bool isAwaited(Clock::time_point now) const;

  private:
    struct Reference {
        std::shared_ptr<SenderClock> clock;
        SenderClock::Moment moment;
        std::uint32_t timestamp;
    };
    static bool isBetter(const Reference& fresh, const Reference& former, std::uint32_t clockRate);
    std::optional<Reference> reference() const;

    const std::shared_ptr<SenderClocks> senders_;
    const Clock::time_point begins_;
    mutable std::mutex mutex_;           ///< protects what follows; held for moments
    std::optional<Reference> reference_; ///< the best of the window and …
    std::optional<Reference> current_;   ///< … of the part of it that will be the next one
    Clock::time_point windowEnds_{};
};

} // namespace spillway::relay::rtp
