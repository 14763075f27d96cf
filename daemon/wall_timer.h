// Calls once when the wall clock reaches a time, also where the clock is set or the machine sleeps meanwhile:
// a timer of the loop counts what passes, not what the clock says. The destructor cancels it. Loop thread.
#pragma once

#include "relay/base/loop.h"

#include <chrono>
#include <functional>
#include <memory>

namespace spillway::daemon {

class WallTimer {
  public:
    using Time = std::chrono::system_clock::time_point;

    /// Of the clock: how late the call may be after the clock was set.
    static constexpr std::chrono::seconds longestWait{30};

    WallTimer() = default;
    WallTimer(WallTimer&&) = default;
    WallTimer& operator=(WallTimer&&) = default;
    ~WallTimer() = default;
    /// `call` may destroy the timer. A time that has passed is called for at the next turn.
    WallTimer(relay::Loop& loop, Time time, std::function<void()> call);

  private:
    struct State;
    static void arm(const std::shared_ptr<State>& state);

    std::shared_ptr<State> state_;
};

} // namespace spillway::daemon
