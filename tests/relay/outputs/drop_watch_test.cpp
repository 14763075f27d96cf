#include "relay/outputs/drop_watch.h"

#include "support/catch.h"

using namespace spillway::relay;
using namespace std::chrono_literals;

namespace {

const Clock::time_point start = Clock::time_point() + 1h;

void lose(QueueStats& stats, DropReason reason, std::uint64_t frames) {
    stats.dropped.at(static_cast<std::size_t>(reason)) += frames;
}

} // namespace

TEST_CASE("a queue that drops is told once when it begins and once when it has stopped, with what it lost") {
    DropWatch watch;
    QueueStats stats;
    auto now = start;
    CHECK_FALSE(watch.look(stats, now));
    lose(stats, DropReason::stale, 2);
    const auto begun = watch.look(stats, now += 2s);
    REQUIRE(begun);
    CHECK(begun->drops);
    CHECK(begun->lost == "stale=2");
    CHECK(watch.drops());
    for (int i = 0; i < 5; ++i) {
        lose(stats, DropReason::full, 1);
        lose(stats, DropReason::awaitKeyframe, 7);
        CHECK_FALSE(watch.look(stats, now += 4s));
    }
    CHECK_FALSE(watch.look(stats, now += 8s));
    const auto over = watch.look(stats, now += 2s);
    REQUIRE(over);
    CHECK_FALSE(over->drops);
    CHECK(over->lost == "full=5 await_keyframe=35 stale=2");
    CHECK_FALSE(watch.look(stats, now += 2s));
    lose(stats, DropReason::full, 1);
    const auto again = watch.look(stats, now += 2s);
    REQUIRE(again);
    CHECK(again->lost == "full=1");
}

TEST_CASE("waiting for the first keyframe, failed writes and the end are no slow reader") {
    DropWatch watch;
    QueueStats stats;
    for (const auto reason : {DropReason::awaitKeyframe, DropReason::writeError, DropReason::end}) {
        lose(stats, reason, 3);
        CHECK_FALSE(watch.look(stats, start));
    }
    CHECK_FALSE(watch.drops());
}
