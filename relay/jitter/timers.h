// Calls back at a time, for all jitter buffers: none has a thread of its own.
#pragma once

#include "relay/base/clock.h"

#include <memory>
#include <optional>

namespace spillway::relay::jitter {

/// Who is called.
class Alarm {
  public:
    virtual ~Alarm() = default;
    /// On the thread of the timers, which waits for it: must not take long. When to call again, if at all.
    virtual std::optional<Clock::time_point> onAlarm(Clock::time_point now) = 0;
};

class Timers {
  public:
    virtual ~Timers() = default;
    /// Any thread, never waits. Calls once, unless the alarm is gone by then. An alarm that is set twice is
    /// called twice.
    virtual void set(std::weak_ptr<Alarm> alarm, Clock::time_point at) = 0;
};

/// One thread for the whole process, which lives as long as somebody holds what this returns. The last one to
/// let go waits for its end, so it is not the thread itself. Any thread. Throws std::system_error when the
/// process has no descriptors left.
std::shared_ptr<Timers> sharedTimers();

} // namespace spillway::relay::jitter
