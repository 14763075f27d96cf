// What a worker counts about a viewer, for API and metrics. Written by the worker, read by the main loop;
// atomics, so that reading waits for nobody.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>

namespace spillway::relay::webrtc {

/// Of one track of one viewer.
struct ChannelStats {
    std::atomic<std::uint64_t> packets{0}; ///< sent
    std::atomic<std::uint64_t> bytes{0};   ///< of RTP, headers included
    std::atomic<std::uint64_t> retransmitted{0};
    std::atomic<std::uint64_t> unavailable{0};
    std::atomic<std::uint64_t> keyframesWanted{0};
    std::atomic<std::int64_t> lost{0}; ///< packets, by the last report
    std::atomic<double> fractionLost{0};
    std::atomic<double> jitter{0};    ///< seconds
    std::atomic<double> roundTrip{0}; ///< seconds
};

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
