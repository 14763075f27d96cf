#include "daemon/systemd_notify.h"

#include <systemd/sd-daemon.h>

namespace spillway::daemon {

void SystemdNotify::ready() {
    ::sd_notify(0, "READY=1");
}

void SystemdNotify::status(const std::string& text) {
    ::sd_notify(0, ("STATUS=" + text).c_str());
}

void SystemdNotify::stopping() {
    ::sd_notify(0, "STOPPING=1");
}

void SystemdNotify::watch(std::function<bool()> well) {
    std::uint64_t microseconds = 0;
    if (::sd_watchdog_enabled(0, &microseconds) <= 0) return;
    const auto half =
        std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::microseconds(microseconds / 2));
    timer_ = loop_.every(half, [well = std::move(well)] {
        if (well()) ::sd_notify(0, "WATCHDOG=1");
    });
}

} // namespace spillway::daemon
