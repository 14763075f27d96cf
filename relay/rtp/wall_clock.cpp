#include "relay/rtp/wall_clock.h"

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

std::optional<std::uint32_t> WallClock::at(Clock::time_point time) const {
    const auto& reference = current_ ? current_ : previous_;
    if (!reference) return std::nullopt;
    return extrapolate(*reference, time);
}

void WallClock::renew() {
    if (current_) previous_ = current_;
    current_.reset();
}

} // namespace spillway::relay::rtp
