// Makes a thread wait at a gate until another opens it, for a moment at most. Any thread, but for those that
// others wait for: they pass.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>

namespace spillway::relay {

class Hold {
  public:
    explicit Hold(std::chrono::milliseconds longest)
        : longest_(longest) {}

    /// The calling thread never waits at any gate from now on: too many wait for it.
    static void neverHere() { mayWait = false; }

    /// The next that passes waits.
    void arm() {
        const std::lock_guard lock(mutex_);
        armed_.store(true);
    }
    void release() {
        const std::lock_guard lock(mutex_);
        armed_.store(false);
        released_.notify_all();
    }
    /// Takes no lock unless armed.
    void pass() {
        if (!armed_.load(std::memory_order_relaxed)) return;
        std::unique_lock lock(mutex_);
        if (mayWait) released_.wait_for(lock, longest_, [this] { return !armed_.load(); });
        armed_.store(false);
    }

  private:
    static inline thread_local bool mayWait = true;

    const std::chrono::milliseconds longest_;
    std::mutex mutex_; ///< for the condition
    std::condition_variable released_;
    std::atomic<bool> armed_{false};
};

} // namespace spillway::relay
