// Makes a thread wait at a gate until another opens it, for a moment at most. Any thread.
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
        released_.wait_for(lock, longest_, [this] { return !armed_.load(); });
        armed_.store(false);
    }

  private:
    const std::chrono::milliseconds longest_;
    std::mutex mutex_; ///< for the condition
    std::condition_variable released_;
    std::atomic<bool> armed_{false};
};

} // namespace spillway::relay
