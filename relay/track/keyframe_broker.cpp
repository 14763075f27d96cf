#include "relay/track/keyframe_broker.h"

#include <algorithm>

namespace spillway::relay {

KeyframeBroker::KeyframeBroker(Loop& loop, std::function<void()> request, std::chrono::milliseconds window)
    : loop_(loop)
    , request_(std::move(request))
    , window_(window)
    , distance_(window) {}

void KeyframeBroker::wish(WishReason reason) {
    wishes_[static_cast<std::size_t>(reason)].fetch_add(1, std::memory_order_relaxed);
    if (wanted_.exchange(true, std::memory_order_acq_rel)) return;
    loop_.post([weak = weak_from_this()] {
        if (const auto self = weak.lock()) self->serve();
    });
}

void KeyframeBroker::keyframeStarted() {
    keyframes_.fetch_add(1, std::memory_order_relaxed);
    wanted_.store(false, std::memory_order_release);
}

void KeyframeBroker::serve() {
    timer_.cancel();
    if (!request_ || !wanted_.load(std::memory_order_acquire)) return;
    const auto now = std::chrono::steady_clock::now();
    const bool answered = keyframes() != answeredAt_;
    if (answered) distance_ = window_;
    if (now >= lastRequest_ + distance_) {
        if (requests() > 0 && !answered) distance_ = std::min(distance_ * 2, longestWindow);
        lastRequest_ = now;
        answeredAt_ = keyframes();
        requests_.fetch_add(1, std::memory_order_relaxed);
        request_();
    }
    const auto wait = std::chrono::ceil<std::chrono::milliseconds>(lastRequest_ + distance_ - now);
    timer_ = loop_.after(wait, [weak = weak_from_this()] {
        if (const auto self = weak.lock()) self->serve();
    });
}

void KeyframeBroker::close() {
    request_ = nullptr;
    timer_.cancel();
}

std::array<std::uint64_t, wishReasons> KeyframeBroker::wishes() const {
    std::array<std::uint64_t, wishReasons> counts{};
    for (std::size_t i = 0; i < wishReasons; ++i)
        counts[i] = wishes_[i].load(std::memory_order_relaxed);
    return counts;
}

} // namespace spillway::relay
