#include "relay/base/aside.h"

#include "relay/base/thread_signals.h"

#include <atomic>
#include <stdexcept>
#include <thread>

namespace spillway::relay {

namespace {

/// Each hung one keeps a thread's stack. More than the file systems that a machine has.
constexpr int most = 32;

std::atomic<int> underWay{0};

/// A place among the threads that have not ended, given back by the last who knows it.
std::shared_ptr<void> takePlace() {
    if (++underWay > most) {
        --underWay;
        throw std::runtime_error("too many calls to file systems have not been answered");
    }
    return {&underWay, [](std::atomic<int>* count) { --*count; }};
}

} // namespace

void startAside(std::function<void()> work) {
    std::thread([place = takePlace(), work = std::move(work)]() mutable {
        blockSignals();
        work();
        work = {};
    }).detach();
}

} // namespace spillway::relay
