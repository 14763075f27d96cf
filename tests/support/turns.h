// Letting the main loop run in a test where there is no condition to wait for.
#pragma once

#include "relay/base/loop.h"

#include <chrono>
#include <functional>

namespace spillway::test {

/// For a moment: what was posted runs, and what is due.
inline void turn(relay::Loop& loop, std::chrono::milliseconds time = std::chrono::milliseconds(1)) {
    loop.runUntil([] { return false; }, time);
}

/// A window in which something must not come; the checks stand behind it.
inline void nothingComes(relay::Loop& loop, std::chrono::milliseconds window) {
    loop.runUntil([] { return false; }, window);
}

} // namespace spillway::test
