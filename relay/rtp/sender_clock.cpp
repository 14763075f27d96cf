#include "relay/rtp/sender_clock.h"

#include <algorithm>
#include <utility>

namespace spillway::relay::rtp {

namespace {

/// Reports are 1 to 5 s apart, so that several are in a window; a clock that is off by 200 ppm moves by 2 ms.
constexpr std::chrono::seconds window{10};
/// More is no delay and no drift: the clock was set.
constexpr std::chrono::seconds longestStep{2};

} // namespace

SenderClock::Time SenderClock::ahead() const {
    if (!current_ || !previous_) return current_ ? *current_ : previous_.value_or(Time{0});
    return std::min(*current_, *previous_);
}

/// False when it is to be left out.
bool SenderClock::isNews(Time ahead) {
    const auto doubted = std::exchange(doubted_, std::nullopt);
    if (setting_ > 0 && std::chrono::abs(ahead - this->ahead()) <= longestStep) return true;
    if (setting_ > 0 && !(doubted && std::chrono::abs(ahead - *doubted) <= longestStep)) {
        doubted_ = ahead;
        return false;
    }
    ++setting_;
    current_.reset();
    previous_.reset();
    return true;
}

std::optional<SenderClock::Moment> SenderClock::add(Time sent, Clock::time_point arrived) {
    const Time ahead = arrived.time_since_epoch() - sent;
    const std::lock_guard lock(mutex_);
    if (!isNews(ahead)) return std::nullopt;
    if (arrived >= windowEnds_) {
        if (current_) previous_ = std::exchange(current_, std::nullopt);
        windowEnds_ = arrived + window;
    }
    current_ = std::min(ahead, current_.value_or(ahead));
    return Moment{sent, setting_, Clock::time_point(sent + this->ahead())};
}

Clock::time_point SenderClock::at(const Moment& moment) const {
    const std::lock_guard lock(mutex_);
    return moment.setting == setting_ ? Clock::time_point(moment.sent + ahead()) : moment.asHeard;
}

std::shared_ptr<SenderClock> SenderClocks::of(const std::string& cname) {
    const bool many = senders_ == Senders::many;
    if (many && cname.empty()) return std::make_shared<SenderClock>();
    const std::lock_guard lock(mutex_);
    std::erase_if(clocks_, [](const auto& entry) { return entry.second.expired(); });
    auto& known = clocks_[many ? cname : std::string()];
    auto clock = known.lock();
    if (!clock) known = clock = std::make_shared<SenderClock>();
    return clock;
}

} // namespace spillway::relay::rtp
