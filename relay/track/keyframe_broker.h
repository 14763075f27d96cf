// Merges all wishes for a keyframe of one track into few requests upstream.
//
// Comes in: wishes, by WishReason, and the news that a keyframe started. Goes out: at most one
// request in each window, repeated with growing distance until a keyframe comes. Shared by the track, which
// closes it, its input, and whoever wishes. Loop thread, but for wish() and keyframeStarted(), which are for
// any thread and never block.
#pragma once

#include "relay/base/loop.h"
#include "relay/values/snapshot.h"

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>

namespace spillway::relay {

class KeyframeBroker : public std::enable_shared_from_this<KeyframeBroker> {
  public:
    static constexpr std::chrono::milliseconds defaultWindow{500};
    static constexpr std::chrono::milliseconds longestWindow{8000};

    /// `request` sends one PLI upstream; it runs on the loop.
    KeyframeBroker(Loop& loop, std::function<void()> request,
                   std::chrono::milliseconds window = defaultWindow);

    void wish(WishReason reason);
    void keyframeStarted();
    /// No request is sent from now on.
    void close();

    std::array<std::uint64_t, wishReasons> wishes() const;
    std::uint64_t requests() const { return requests_.load(std::memory_order_relaxed); }
    std::uint64_t keyframes() const { return keyframes_.load(std::memory_order_relaxed); }

  private:
    void serve();

    Loop& loop_;
    std::function<void()> request_;
    const std::chrono::milliseconds window_;
    std::chrono::milliseconds distance_; ///< to the next request, while unanswered
    std::chrono::steady_clock::time_point lastRequest_ = std::chrono::steady_clock::time_point::min();
    Timer timer_;
    std::uint64_t answeredAt_ = 0; ///< keyframes() when the last request went out

    std::atomic<bool> wanted_{false};
    std::array<std::atomic<std::uint64_t>, wishReasons> wishes_{};
    std::atomic<std::uint64_t> requests_{0};
    std::atomic<std::uint64_t> keyframes_{0};
};

} // namespace spillway::relay
