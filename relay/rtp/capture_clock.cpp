#include "relay/rtp/capture_clock.h"

#include "relay/rtp/ntp.h"

#include <utility>

namespace spillway::relay::rtp {

namespace {

/// RFC 3550 section 6.2: the first report comes after 1.25 to 3.75 s at the latest.
constexpr std::chrono::seconds longestWait{4};
constexpr std::chrono::seconds window{10};
/// By how much reports may differ; more, and the counter of the timestamps began anew.
constexpr std::chrono::seconds longestStep{2};

} // namespace

void CaptureClock::onReport(const HeardReport& report, Clock::time_point arrived, std::uint32_t clockRate) {
    if (report.ntpTime == 0) return; // section 6.4.1: the sender has no clock
    auto clock = senders_->of(report.cname);
    const auto moment = clock->add(sinceNtpEpoch(report.ntpTime), arrived);
    if (!moment) return;
    const std::lock_guard lock(mutex_);
    if (arrived >= windowEnds_) {
        if (current_) reference_ = std::exchange(current_, std::nullopt);
        windowEnds_ = arrived + window;
    }
    const Reference fresh{std::move(clock), *moment, report.rtpTime};
    if (!current_ || isBetter(fresh, *current_, clockRate)) current_ = fresh;
    if (!reference_ || isBetter(fresh, *reference_, clockRate)) reference_ = fresh;
}

/// Or of another clock.
bool CaptureClock::isBetter(const Reference& fresh, const Reference& former, std::uint32_t clockRate) {
    if (clockRate == 0 || fresh.clock != former.clock || fresh.moment.setting != former.moment.setting)
        return true;
    const std::int64_t ticks = static_cast<std::int32_t>(fresh.timestamp - former.timestamp);
    const auto earlier = std::chrono::nanoseconds(ticks * 1'000'000'000 / clockRate) -
                         (fresh.moment.sent - former.moment.sent);
    return earlier > std::chrono::nanoseconds(0) || earlier < -longestStep;
}

std::optional<CaptureClock::Reference> CaptureClock::reference() const {
    const std::lock_guard lock(mutex_);
    return reference_;
}

std::optional<std::uint32_t> CaptureClock::timestampAt(Clock::time_point time,
                                                       std::uint32_t clockRate) const {
    const auto from = reference();
    if (!from) return std::nullopt;
    const auto passed =
        std::chrono::duration_cast<std::chrono::microseconds>(time - from->clock->at(from->moment)).count();
    return from->timestamp + static_cast<std::uint32_t>(passed * clockRate / 1'000'000);
}

std::optional<Clock::time_point> CaptureClock::capturedAt(std::uint32_t timestamp,
                                                          std::uint32_t clockRate) const {
    const auto from = reference();
    if (!from || clockRate == 0) return std::nullopt;
    const std::int64_t ticks = static_cast<std::int32_t>(timestamp - from->timestamp);
    return from->clock->at(from->moment) + std::chrono::nanoseconds(ticks * 1'000'000'000 / clockRate);
}

bool CaptureClock::isAwaited(Clock::time_point now) const {
    return now < begins_ + longestWait && !reference();
}

} // namespace spillway::relay::rtp
