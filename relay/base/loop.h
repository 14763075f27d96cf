// The main loop: the thread that owns every object of the relay and of the control plane.
//
// Comes in: functions posted from any thread, timers from the loop itself. Goes out: their calls, on the
// loop, in the order posted. It never blocks and never runs a function after the object that scheduled it is
// gone, as long as that object holds its Timer or guards its posts with a Lifetime.
#pragma once

#include "relay/base/source.h"

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <thread>
#include <utility>

using GMainContext = struct _GMainContext;
using GMainLoop = struct _GMainLoop;

namespace spillway::relay {

/// A pending or repeating call; the destructor cancels it. Loop thread.
using Timer = Source;

/// Hands out weak tokens of an object's life, for callbacks that may come after its end. Hold it as the last
/// member.
class Lifetime {
  public:
    std::weak_ptr<void> token() const { return token_; }
    /// Wraps `fn` so that it does nothing once this object is gone. The result must run on the loop.
    template <class Fn>
    auto guard(Fn fn) const {
        return [token = token(), fn = std::move(fn)](auto&&... args) mutable {
            if (!token.expired()) fn(std::forward<decltype(args)>(args)...);
        };
    }

  private:
    std::shared_ptr<void> token_ = std::make_shared<char>();
};

class Loop;

/// Runs functions on the loop as long as the object that it was made for lives, and drops them after that.
/// Any thread; keep it where callbacks of other threads are. The Loop outlives it.
class Poster {
  public:
    Poster(Loop& loop, const Lifetime& lifetime)
        : loop_(&loop)
        , token_(lifetime.token()) {}

    /// Never blocks.
    template <class Fn>
    void operator()(Fn fn) const;

  private:
    Loop* loop_;
    std::weak_ptr<void> token_;
};

class Loop {
  public:
    /// The thread that constructs it is the loop thread; it uses the default GLib main context.
    Loop();
    ~Loop();
    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;

    /// Any thread; never blocks.
    void post(std::function<void()> fn);
    /// Loop thread. As post(), but one of these in each turn of the loop: for work of milliseconds that may
    /// come by the dozen, so that everything else has its turn in between.
    void postApart(std::function<void()> fn);
    /// Loop thread. For the threads that call back an object with this lifetime. What the loop itself posts
    /// is `post(lifetime.guard(fn))`.
    Poster poster(const Lifetime& lifetime) { return {*this, lifetime}; }
    /// Loop thread. Calls `fn` once.
    [[nodiscard]] Timer after(std::chrono::milliseconds delay, std::function<void()> fn);
    /// Loop thread. Calls `fn` again and again until the Timer goes.
    [[nodiscard]] Timer every(std::chrono::milliseconds period, std::function<void()> fn);

    /// Loop thread: turns until quit().
    void run();
    /// Any thread.
    void quit();
    /// Loop thread: turns until `done` or the deadline; true when done. For tests and for the last turns at
    /// shutdown.
    bool runUntil(const std::function<bool()>& done, std::chrono::milliseconds deadline);

    bool onLoop() const { return std::this_thread::get_id() == thread_; }

  private:
    void runApart();

    std::thread::id thread_;
    GMainContext* context_;
    GMainLoop* loop_;
    std::deque<std::function<void()>> apart_; ///< the first has its turn in the next one
};

template <class Fn>
void Poster::operator()(Fn fn) const {
    // The token is looked at on the loop, where the object dies.
    loop_->post([token = token_, fn = std::move(fn)]() mutable {
        if (!token.expired()) fn();
    });
}

} // namespace spillway::relay
