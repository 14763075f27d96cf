// Reports to systemd (sd_notify(3)); does nothing unless systemd started the process. Loop thread.
#pragma once

#include "relay/base/loop.h"

#include <chrono>
#include <functional>
#include <string>

namespace spillway::daemon {

class SystemdNotify {
  public:
    explicit SystemdNotify(relay::Loop& loop)
        : loop_(loop) {}

    void ready();
    void status(const std::string& text);
    void stopping();

    /// Feeds the watchdog, if the unit has one, at half of its time: only while the loop turns and `well`
    /// says so.
    void watch(std::function<bool()> well);

  private:
    relay::Loop& loop_;
    relay::Timer timer_;
};

} // namespace spillway::daemon
