// A token bucket for each remote address, in a table of bounded size. Loop thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <unordered_map>

namespace spillway::daemon::http {

class RateLimiter {
  public:
    using Clock = std::chrono::steady_clock;

    struct Limits {
        double perSecond = 10;
        double burst = 30;
        std::size_t addresses = 4096; ///< when so many are known, new ones share one bucket
    };

    explicit RateLimiter(Limits limits)
        : limits_(limits) {}

    /// Takes one request of this address; false when it has none left.
    bool take(const std::string& address, Clock::time_point now);
    std::chrono::seconds retryAfter() const;

  private:
    struct Bucket {
        double tokens;
        Clock::time_point filled;
    };

    Bucket& bucketOf(const std::string& address, Clock::time_point now);
    double fillOf(const Bucket& bucket, Clock::time_point now) const;

    Limits limits_;
    std::unordered_map<std::string, Bucket> buckets_;
};

} // namespace spillway::daemon::http
