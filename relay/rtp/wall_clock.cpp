#include "relay/rtp/wall_clock.h"

#include <chrono>
#include <cstdlib>

namespace spillway::relay::rtp {

std::uint32_t WallClock::extrapolate(const Reference& from, Clock::time_point time) const {
    const auto passed = std::chrono::duration_cast<std::chrono::microseconds>(time - from.arrived).count();
    return from.timestamp + static_cast<std::uint32_t>(passed * clockRate_ / 1'000'000);
}

void WallClock::add(std::uint32_t timestamp, Clock::time_point arrived, std::uint32_t clockRate) {
    clockRate_ = clockRate;
    // Ahead of what the reference lets expect: it was faster here.
    if (!current_ || static_cast<std::int32_t>(timestamp - extrapolate(*current_, arrived)) > 0)
        current_ = Reference{timestamp, arrived};
}

void WallClock::follow(const std::shared_ptr<const CaptureClock>& reports, std::uint32_t offset) {
    if (reports != reports_) reports_ = reports;
    offset_ = offset;
}

std::optional<std::uint32_t> WallClock::at(Clock::time_point time) const {
    const auto& reference = current_ ? current_ : previous_;
    if (!reference) return std::nullopt;
    const std::uint32_t byArrivals = extrapolate(*reference, time);
    const auto told = byReports(time);
    if (!told) return byArrivals;
    const auto apart = std::abs(std::int64_t{static_cast<std::int32_t>(*told - byArrivals)});
    return apart <= clockRate_ * CaptureClock::latest.count() ? *told : byArrivals;
}

std::optional<std::uint32_t> WallClock::byReports(Clock::time_point time) const {
    const auto told = reports_ ? reports_->timestampAt(time, clockRate_) : std::nullopt;
    return told ? std::optional(*told + offset_) : std::nullopt;
}

void WallClock::renew() {
    if (current_) previous_ = current_;
    current_.reset();
}

} // namespace spillway::relay::rtp
