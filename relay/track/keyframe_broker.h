// Merges all wishes for a keyframe of one track into few requests upstream.
//
// Comes in: wishes, by WishReason, and the news that a keyframe started. Goes out: at most one
// request in each window, repeated with growing distance until a keyframe comes; when none comes for long,
// that is told, and asked for once a minute. Shared by the track, which closes it, its input, and whoever
// wishes. Loop thread, but for wish() and keyframeStarted(), which are for any thread and never block.
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
    /// From then on there is little hope: an encoder may refresh gradually, or never.
    static constexpr unsigned patience = 5;
    static constexpr std::chrono::minutes hopelessWindow{1};

    /// They run on the loop.
    struct Source {
        std::function<void()> request;     ///< sends one PLI upstream
        std::function<void()> onNone = {}; ///< so many requests as `patience` were not answered
    };

    KeyframeBroker(Loop& loop, Source source, std::chrono::milliseconds window = defaultWindow);

    void wish(WishReason reason);
    void keyframeStarted();
    /// Loop. Another source answers from now on: it is asked at once for what is wished.
    void renew();
    /// No request is sent from now on.
    void close();

    std::array<std::uint64_t, wishReasons> wishes() const;
    std::uint64_t requests() const { return requests_.load(std::memory_order_relaxed); }
    /// Whether one is wished for, and was asked for in vain long enough.
    bool isHopeless() const { return unanswered_.load(std::memory_order_relaxed) > patience; }
    std::uint64_t keyframes() const { return keyframes_.load(std::memory_order_relaxed); }

  private:
    /// What serves, unless this is gone by then.
    std::function<void()> server();
    void serve();
    void ask(std::chrono::steady_clock::time_point now);

    Loop& loop_;
    Source source_;
    const std::chrono::milliseconds window_;
    std::chrono::milliseconds distance_; ///< to the next request, while unanswered
    std::chrono::steady_clock::time_point lastRequest_ = std::chrono::steady_clock::time_point::min();
    Timer timer_;

    std::atomic<bool> wanted_{false};
    std::array<std::atomic<std::uint64_t>, wishReasons> wishes_{};
    std::atomic<std::uint64_t> requests_{0};
    std::atomic<unsigned> unanswered_{0}; ///< requests since the last keyframe
    std::atomic<std::uint64_t> keyframes_{0};
};

} // namespace spillway::relay
