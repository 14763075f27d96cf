#include "daemon/wall_timer.h"

#include "support/catch.h"

using namespace spillway;
using namespace std::chrono_literals;
using daemon::WallTimer;

namespace {

auto in(std::chrono::milliseconds time) {
    return WallTimer::Time::clock::now() + time;
}

} // namespace

TEST_CASE("a wall timer calls once, when its time has come and not before") {
    relay::Loop loop;
    int calls = 0;
    const auto time = in(50ms);
    const WallTimer timer(loop, time, [&] {
        ++calls;
        CHECK(WallTimer::Time::clock::now() >= time);
    });
    CHECK(loop.runUntil([&] { return calls > 0; }, 10s));
    bool later = false;
    const auto after = loop.after(20ms, [&] { later = true; });
    CHECK(loop.runUntil([&] { return later; }, 10s));
    CHECK(calls == 1);
}

TEST_CASE("a time that has passed is called for at once, one of the next century not yet") {
    relay::Loop loop;
    bool past = false;
    bool future = false;
    const WallTimer first(loop, in(-1h), [&] { past = true; });
    const WallTimer second(loop, in(24h * 36500), [&] { future = true; });
    CHECK(loop.runUntil([&] { return past; }, 10s));
    CHECK_FALSE(future);
}

TEST_CASE("a wall timer that is gone calls no more, and may go in its own call") {
    relay::Loop loop;
    bool called = false;
    {
        const WallTimer gone(loop, in(0ms), [&] { called = true; });
    }
    std::unique_ptr<WallTimer> own;
    bool ended = false;
    own = std::make_unique<WallTimer>(loop, in(10ms), [&] {
        own.reset();
        ended = true;
    });
    CHECK(loop.runUntil([&] { return ended; }, 10s));
    CHECK_FALSE(called);
}
