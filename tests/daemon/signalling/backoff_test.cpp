// Time and chance are given to Backoff: nothing here waits.
#include "daemon/signalling/backoff.h"
#include "support/catch.h"

#include <vector>

using namespace spillway::daemon;
using namespace std::chrono_literals;

namespace {

using Milliseconds = Backoff::Milliseconds;

Milliseconds longest(Milliseconds most) {
    return most;
}
Milliseconds shortest(Milliseconds) {
    return 0ms;
}

/// A clock of the test's own, and an attempt that fails `after` it began.
struct Attempts {
    explicit Attempts(Backoff::Random random)
        : backoff(std::move(random)) {}

    Milliseconds fail(Milliseconds after = 0ms, std::optional<Milliseconds> retryAfter = {}) {
        backoff.attempt(now);
        now += after;
        const auto delay = backoff.lost(now, retryAfter);
        now += delay;
        return delay;
    }
    Milliseconds joinedFor(Milliseconds time) {
        backoff.attempt(now);
        backoff.joined(now);
        now += time;
        const auto delay = backoff.lost(now);
        now += delay;
        return delay;
    }

    Backoff backoff;
    Backoff::Time now{};
};

} // namespace

TEST_CASE("the bound of the delay doubles from half a second to thirty and stays there") {
    Attempts attempts(longest);
    std::vector<Milliseconds> delays;
    delays.reserve(9);
    for (int i = 0; i < 9; ++i)
        delays.push_back(attempts.fail());
    CHECK(delays == std::vector<Milliseconds>{500ms, 1s, 2s, 4s, 8s, 16s, 30s, 30s, 30s});
}

TEST_CASE("the whole of the delay is left to chance") {
    std::vector<Milliseconds> asked;
    Attempts attempts([&](Milliseconds most) {
        asked.push_back(most);
        return most / 4;
    });
    CHECK(attempts.fail() == 125ms);
    CHECK(attempts.fail() == 250ms);
    CHECK(asked == std::vector<Milliseconds>{500ms, 1s});
}

TEST_CASE("chance reaches from nothing to the bound") {
    const auto random = Backoff::uniform();
    bool low = false;
    bool high = false;
    for (int i = 0; i < 10000; ++i) {
        const auto delay = random(100ms);
        REQUIRE(delay >= 0ms);
        REQUIRE(delay <= 100ms);
        low = low || delay < 5ms;
        high = high || delay > 95ms;
    }
    CHECK(low);
    CHECK(high);
}

TEST_CASE("thirty seconds in the call make the next loss a first one, less do not") {
    Attempts attempts(longest);
    attempts.fail();
    attempts.fail();
    CHECK(attempts.joinedFor(29999ms) == 2s);
    CHECK(attempts.joinedFor(30s) == 500ms);
    CHECK(attempts.fail() == 1s);
}

TEST_CASE("an attempt that takes long without joining does not count as stable") {
    Attempts attempts(longest);
    CHECK(attempts.joinedFor(1s) == 500ms);
    CHECK(attempts.fail(60s) == 1s);
}

TEST_CASE("what the other side asks for is waited for, up to five minutes, with jitter on top") {
    Attempts attempts(longest);
    CHECK(attempts.fail(0ms, 7s) == 7500ms);
    CHECK(attempts.fail(0ms, 24h) == 5min + 1s);
    CHECK(attempts.fail(0ms, -5s) == 2s);
}

TEST_CASE("there are ten attempts a minute at most, whatever chance says") {
    Attempts attempts(shortest);
    std::vector<Backoff::Time> begun;
    for (int i = 0; i < 50; ++i) {
        begun.push_back(attempts.now);
        attempts.fail(10ms);
    }
    for (std::size_t i = 10; i < begun.size(); ++i)
        REQUIRE(begun[i] - begun[i - 10] >= 60s);
    CHECK(begun[9] - begun[0] < 1s);
}

TEST_CASE("losses right after joining keep to the attempts per minute too") {
    Attempts attempts(shortest);
    const auto start = attempts.now;
    for (int i = 0; i < 20; ++i)
        attempts.joinedFor(10ms);
    CHECK(attempts.now - start >= 2 * 60s - 1s);
}
