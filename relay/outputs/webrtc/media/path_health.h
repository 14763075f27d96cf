// Whether the path to a viewer can take a stream, by what the viewer reports: the whole of it, keyframes
// alone, or nothing any more.
//
// Comes in: receiver reports, and what had been sent by then. Goes out: a verdict. Above 15 % loss over 5 s
// keyframes alone are worth sending, until it is below 5 %. Circuit breakers are those of RFC 8083. Media
// that does not arrive (section 4.2) ends it. A rate of ten times what TCP would take there (section 4.3) is
// first answered by keyframes alone, which are less than a tenth of it, and ends it when that was too much,
// too (section 4.5). One thread at a time.
#pragma once

#include "relay/base/clock.h"

#include <chrono>
#include <cstdint>
#include <deque>

namespace spillway::relay::webrtc {

class PathHealth {
  public:
    static constexpr std::chrono::seconds window{5};
    static constexpr double tooMuchLoss = 0.15;
    static constexpr double littleLoss = 0.05;

    enum class Verdict { whole, keyframes, broken };

    struct Report {
        Clock::time_point at;
        std::uint32_t highest = 0; ///< extended sequence number, RFC 3550 section 6.4.1
        std::int32_t lost = 0;     ///< packets in all
        std::uint64_t packets = 0; ///< sent so far …
        std::uint64_t bytes = 0;   ///< … by us
        double roundTrip = 0;      ///< seconds; 0 is unknown
    };
    Verdict onReport(const Report& report);
    Verdict verdict() const { return verdict_; }

  private:
    Verdict judge() const;
    const Report* before(double seconds) const;
    double distance() const;
    bool arrivesNot() const;
    bool congests() const;

    std::deque<Report> reports_; ///< since the last verdict: those of 15 s, and one before
    Verdict verdict_ = Verdict::whole;
};

} // namespace spillway::relay::webrtc
