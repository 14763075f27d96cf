#include "daemon/http/rate_limiter.h"
#include "support/catch.h"

using namespace spillway::daemon::http;
using namespace std::chrono_literals;

namespace {

const RateLimiter::Clock::time_point start{};

} // namespace

TEST_CASE("an address has its burst, then what the rate gives") {
    RateLimiter limiter({2, 3, 10});
    for (int i = 0; i < 3; ++i)
        CHECK(limiter.take("a", start));
    CHECK_FALSE(limiter.take("a", start));
    CHECK_FALSE(limiter.take("a", start + 400ms));
    CHECK(limiter.take("a", start + 600ms));
    CHECK(limiter.retryAfter() == 1s);
}

TEST_CASE("one address does not use up another's") {
    RateLimiter limiter({1, 1, 10});
    CHECK(limiter.take("a", start));
    CHECK_FALSE(limiter.take("a", start));
    CHECK(limiter.take("b", start));
}

TEST_CASE("when the table is full new addresses share one bucket") {
    RateLimiter limiter({1, 1, 2});
    CHECK(limiter.take("a", start));
    CHECK(limiter.take("b", start));
    CHECK(limiter.take("c", start));
    CHECK_FALSE(limiter.take("d", start));
    SECTION("until older ones have recovered") {
        CHECK(limiter.take("d", start + 2s));
    }
}
