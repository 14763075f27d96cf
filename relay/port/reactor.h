// A thread of the port (a worker's, the publishers', TCP's) or of the jitter buffers: sockets, timers, posted
// functions, and slots that have something to send.
//
// Comes in: functions from any thread, in order; wakes from streaming threads; readable descriptors; time.
// Goes out: calls of Hooks and of what was watched, one at a time, on the reactor's thread, with no lock
// held. While bursts come, a slot is handed over `gather` after it was woken (and after what ran just then):
// a frame of many packets costs each slot one turn, and its pushers one short system call at most, wherever
// in a pause it comes. While a sender paces its packets, a slot is handed over at once. Where nobody waits
// for what comes in, Hooks may let it come together, too. Whoever wakes or posts never waits for what the
// thread does. Owner: the worker. Any thread where it says so.
#pragma once

#include "relay/base/clock.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

namespace spillway::relay::port {

class Reactor {
  public:
    /// What the worker does in its turns. All on the reactor's thread, between start() and the end of stop().
    /// None may throw.
    class Hooks {
      public:
        virtual ~Hooks() = default;
        /// The slots that were woken since the last call, each once, in the order of their first wake.
        /// Whether any had more than one thing to send: then the next are gathered, too.
        virtual bool onReady(std::span<const std::uint32_t> slots) = 0;
        /// When onTimeout() is due; none when nothing is. Asked before each sleep, so it should be cheap.
        virtual std::optional<Clock::time_point> nextTimeout() = 0;
        /// Moves nextTimeout() on to later, or the thread does not sleep.
        virtual void onTimeout(Clock::time_point now) = 0;
        /// Until when descriptors that are readable wait; none: they are served at once. All else goes on.
        /// Asked before each sleep; when it is about to be sooner, post something.
        virtual std::optional<Clock::time_point> nextRead(Clock::time_point /*now*/) { return std::nullopt; }
    };

    static constexpr std::chrono::microseconds defaultGather{300};

    /// `name` is what the thread is called; the kernel keeps 15 bytes of it. `hooks` outlive it. Throws
    /// std::system_error when the process has no descriptors left.
    Reactor(std::string name, Hooks& hooks, std::chrono::microseconds gather = defaultGather);
    /// Stops.
    ~Reactor();
    Reactor(const Reactor&) = delete;
    Reactor& operator=(const Reactor&) = delete;

    /// Calls `onReadable` as long as something waits at the descriptor, which stays open until the reactor
    /// has stopped. Before start(), or on the reactor's thread. Throws std::system_error.
    void watch(int descriptor, std::function<void()> onReadable);

    /// Once. What was posted or woken before is served first.
    void start();
    /// Runs what was posted before, then joins. Slots that are still ready are not handed over. Idempotent;
    /// the thread that constructed it, never the reactor's.
    void stop();

    /// Any thread. Runs `fn` on the reactor's thread, after what was posted before; not at all once stop()
    /// was called.
    void post(std::function<void()> fn);
    /// Any thread, also a streaming thread. Slots are small numbers, such as indices: each takes 8 bytes up
    /// to the largest.
    void wake(std::uint32_t slot);

    bool onThread() const;

    /// Any thread. Turns so far; an idle reactor turns rarely.
    std::uint64_t heartbeat() const;
    /// Any thread. Since when it has been inside one turn; nothing while it waits.
    std::optional<Clock::time_point> busySince() const;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace spillway::relay::port
