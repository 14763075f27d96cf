// Waiting in tests that have no main loop.
#pragma once

#include <chrono>
#include <functional>
#include <future>
#include <thread>

namespace spillway::test {

/// A fixed time that the case is about: the pause before a burst, the delay of a retransmission. To wait for
/// something, use eventually().
inline void pauseFor(std::chrono::nanoseconds time) {
    std::promise<void> never;
    never.get_future().wait_for(time);
}

/// False when the condition does not hold before the deadline.
inline bool eventually(const std::function<bool()>& condition,
                       std::chrono::milliseconds deadline = std::chrono::seconds(20)) {
    const auto end = std::chrono::steady_clock::now() + deadline;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > end) return false;
        std::this_thread::yield();
    }
    return true;
}

} // namespace spillway::test
