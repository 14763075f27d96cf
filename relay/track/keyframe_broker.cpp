#include "relay/track/keyframe_broker.h"

#include <algorithm>

namespace spillway::relay {

KeyframeBroker::KeyframeBroker(Loop& loop, Source source, std::chrono::milliseconds window)
    : loop_(loop)
    , source_(std::move(source))
    , window_(window)
    , distance_(window) {}

void KeyframeBroker::wish(WishReason reason) {
    wishes_[static_cast<std::size_t>(reason)].fetch_add(1, std::memory_order_relaxed);
    const bool first = !wanted_.exchange(true, std::memory_order_acq_rel);
    const bool firstAttached =
        reason == WishReason::attach && !attached_.exchange(true, std::memory_order_acq_rel);
    if (first || firstAttached) loop_.post(server());
}

std::function<void()> KeyframeBroker::server() {
    return [weak = weak_from_this()] {
        if (const auto self = weak.lock()) self->serve();
    };
}

void KeyframeBroker::keyframeStarted() {
    keyframes_.fetch_add(1, std::memory_order_relaxed);
    unanswered_.store(0, std::memory_order_relaxed);
    wanted_.store(false, std::memory_order_release);
}

void KeyframeBroker::serve() {
    timer_.cancel();
    if (!source_.request || paused_ || !wanted_.load(std::memory_order_acquire)) return;
    const auto now = std::chrono::steady_clock::now();
    if (unanswered_.load(std::memory_order_relaxed) == 0) distance_ = window_;
    if (now >= lastRequest_ + distance()) ask(now);
    const auto wait = std::chrono::ceil<std::chrono::milliseconds>(lastRequest_ + distance() - now);
    timer_ = loop_.after(wait, server());
}

std::chrono::milliseconds KeyframeBroker::distance() const {
    return attached_.load(std::memory_order_relaxed) ? std::min(distance_, longest * window_) : distance_;
}

void KeyframeBroker::ask(std::chrono::steady_clock::time_point now) {
    const unsigned before = unanswered_.fetch_add(1, std::memory_order_relaxed);
    if (before > 0) distance_ = std::min(distance_ * 2, longest * window_);
    if (before >= patience) distance_ = hopeless * window_;
    attached_.store(false, std::memory_order_relaxed);
    lastRequest_ = now;
    requests_.fetch_add(1, std::memory_order_relaxed);
    source_.request();
    if (before == patience && source_.onNone) source_.onNone();
}

void KeyframeBroker::pause() {
    paused_ = true;
    timer_.cancel();
    unanswered_.store(0, std::memory_order_relaxed);
}

void KeyframeBroker::renew() {
    paused_ = false;
    unanswered_.store(0, std::memory_order_relaxed);
    distance_ = window_;
    lastRequest_ = std::chrono::steady_clock::time_point::min();
    if (wanted_.load(std::memory_order_acquire)) loop_.post(server());
}

void KeyframeBroker::close() {
    source_ = {};
    timer_.cancel();
}

std::array<std::uint64_t, wishReasons> KeyframeBroker::wishes() const {
    std::array<std::uint64_t, wishReasons> counts{};
    for (std::size_t i = 0; i < wishReasons; ++i)
        counts[i] = wishes_[i].load(std::memory_order_relaxed);
    return counts;
}

} // namespace spillway::relay
