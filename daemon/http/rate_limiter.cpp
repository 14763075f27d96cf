#include "daemon/http/rate_limiter.h"

#include <algorithm>
#include <cmath>

namespace spillway::daemon::http {

bool RateLimiter::take(const std::string& address, Clock::time_point now) {
    Bucket& bucket = bucketOf(address, now);
    bucket.tokens = fillOf(bucket, now);
    bucket.filled = now;
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
}

std::chrono::seconds RateLimiter::retryAfter() const {
    return std::chrono::seconds(std::max<std::int64_t>(1, std::llround(std::ceil(1 / limits_.perSecond))));
}

double RateLimiter::fillOf(const Bucket& bucket, Clock::time_point now) const {
    const double seconds = std::chrono::duration<double>(now - bucket.filled).count();
    return std::min(limits_.burst, bucket.tokens + seconds * limits_.perSecond);
}

RateLimiter::Bucket& RateLimiter::bucketOf(const std::string& address, Clock::time_point now) {
    if (const auto found = buckets_.find(address); found != buckets_.end()) return found->second;
    if (buckets_.size() >= limits_.addresses) // a full bucket is no different from an unknown address
        std::erase_if(buckets_, [&](const auto& item) { return fillOf(item.second, now) >= limits_.burst; });
    const bool room = buckets_.size() < limits_.addresses;
    return buckets_.try_emplace(room ? address : std::string(), Bucket{limits_.burst, now}).first->second;
}

} // namespace spillway::daemon::http
