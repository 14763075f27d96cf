// What a worker publishes about a viewer, for API and metrics. Written by the worker, read by the main loop,
// which makes no packet wait.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <utility>

namespace spillway::relay::webrtc {

struct ViewerStats {
    std::atomic<std::uint64_t> bandwidth{0}; ///< bits per second

    void setAddress(std::string text) {
        const std::lock_guard lock(mutex_);
        address_ = std::move(text);
    }
    std::string address() const {
        const std::lock_guard lock(mutex_);
        return address_;
    }

  private:
    mutable std::mutex mutex_; ///< protects address_
    std::string address_;
};

} // namespace spillway::relay::webrtc
