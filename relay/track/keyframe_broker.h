// Merges all wishes for a keyframe of one track into few requests upstream.
//
// Comes in: wishes, by WishReason, and the news that a keyframe started. Goes out: at most one
// request in each window, repeated with growing distance until a keyframe comes; when none comes for long,
// that is told, and asked for once a minute, and when somebody attaches. Shared by the track, which closes
// it, its input, and whoever wishes. Loop thread, but for wish() and keyframeStarted(), which are for any
// thread and never block.
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
    /// To this distance requests grow, in windows: 8 s. Who attaches never waits longer for one.
    static constexpr int longest = 16;
    /// From then on there is little hope: an encoder may refresh gradually, or never.
    static constexpr unsigned patience = 5;
    /// The distance then, in windows: a minute.
    static constexpr int hopeless = 120;

    /// They run on the loop.
    struct Source {
        std::function<void()> request;     ///< sends one PLI upstream
        std::function<void()> onNone = {}; ///< so many requests as `patience` were not answered
    };

    KeyframeBroker(Loop& loop, Source source, std::chrono::milliseconds window = defaultWindow);

    void wish(WishReason reason);
    void keyframeStarted();
    /// Loop. Nobody would answer: no request is sent until renew(), and none counts as not answered.
    void pause();
    /// Loop. Another source answers from now on, or one that rested: it is asked at once for what is wished.
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
    /// From the last request to the next.
    std::chrono::milliseconds distance() const;
    void ask(std::chrono::steady_clock::time_point now);

    Loop& loop_;
    Source source_;
    const std::chrono::milliseconds window_;
    std::chrono::milliseconds distance_; ///< to the next request, while unanswered
    bool paused_ = false;
    std::chrono::steady_clock::time_point lastRequest_ = std::chrono::steady_clock::time_point::min();
    Timer timer_;

    std::atomic<bool> wanted_{false};
    std::atomic<bool> attached_{false}; ///< somebody, since the last request
    std::array<std::atomic<std::uint64_t>, wishReasons> wishes_{};
    std::atomic<std::uint64_t> requests_{0};
    std::atomic<unsigned> unanswered_{0}; ///< requests since the last keyframe
    std::atomic<std::uint64_t> keyframes_{0};
};

} // namespace spillway::relay
