#include "daemon/signalling/backoff.h"

#include "relay/base/random.h"

#include <algorithm>
#include <random>
#include <utility>

namespace spillway::daemon {

Backoff::Backoff(Random random)
    : Backoff(std::move(random), Limits{}) {}

Backoff::Backoff(Random random, Limits limits)
    : random_(std::move(random))
    , limits_(limits)
    , bound_(limits.first) {}

Backoff::Random Backoff::uniform() {
    return [engine = std::minstd_rand{relay::randomNumber<std::uint32_t>()}](Milliseconds most) mutable {
        return Milliseconds(std::uniform_int_distribution<Milliseconds::rep>(0, most.count())(engine));
    };
}

void Backoff::attempt(Time now) {
    joined_.reset();
    attempts_.push_back(now);
    if (attempts_.size() > limits_.attempts) attempts_.pop_front();
}

Backoff::Milliseconds Backoff::lost(Time now, std::optional<Milliseconds> retryAfter) {
    if (joined_ && now - *joined_ >= limits_.stable) bound_ = limits_.first;
    joined_.reset();
    const auto jitter = random_(bound_);
    bound_ = std::min(2 * bound_, limits_.last);
    const auto asked =
        std::clamp(retryAfter.value_or(Milliseconds(0)), Milliseconds(0), limits_.longestRetryAfter);
    return std::max(asked + jitter, untilAllowed(now));
}

/// Until the oldest of as many attempts as are allowed leaves the window.
Backoff::Milliseconds Backoff::untilAllowed(Time now) const {
    if (attempts_.size() < limits_.attempts) return Milliseconds(0);
    return std::chrono::ceil<Milliseconds>(attempts_.front() + limits_.window - now);
}

} // namespace spillway::daemon
