#include "relay/outputs/webrtc/media/keyframe_allowance.h"
#include "relay/outputs/webrtc/media/path_health.h"

#include "support/catch.h"

#include <utility>

using namespace spillway::relay;
using namespace spillway::relay::webrtc;
using namespace std::chrono_literals;
using Verdict = PathHealth::Verdict;

namespace {

/// A viewer that reports once a second of 100 packets of 1000 bytes in each.
struct Path {
    Verdict after(std::chrono::seconds time, double loss, double roundTrip = 0.02) {
        auto verdict = health.verdict();
        for (auto second = 0s; second < time; second += 1s) {
            report.at += 1s;
            report.packets += perSecond;
            report.bytes += 1000 * perSecond;
            if (loss < 1) report.highest += perSecond;
            report.lost += static_cast<std::int32_t>(loss * perSecond);
            report.roundTrip = roundTrip;
            verdict = health.onReport(report);
        }
        return verdict;
    }

    PathHealth health;
    PathHealth::Report report{Clock::time_point(1h)};
    std::uint32_t perSecond = 100;
};

} // namespace

TEST_CASE("a path that loses more than 15 % over 5 s takes keyframes alone, until it loses less than 5 %") {
    CHECK(Path().after(60s, 0.15) == Verdict::whole);
    Path path;
    CHECK(path.after(60s, 0) == Verdict::whole);
    CHECK(path.after(2s, 0.3) == Verdict::whole);
    CHECK(path.after(3s, 0.3) == Verdict::keyframes);
    path.perSecond = 10;
    CHECK(path.after(20s, 0.1) == Verdict::keyframes);
    CHECK(path.after(2s, 0) == Verdict::keyframes);
    CHECK(path.after(2s, 0) == Verdict::whole);
}

TEST_CASE("a path that loses a fifth for a minute is not given up") {
    Path path;
    CHECK(path.after(60s, 0.2) == Verdict::keyframes);
}

TEST_CASE("ten times what TCP would take makes it keyframes, and ends it when these are too much") {
    // RFC 8083 section 4.3: an interval of 10 round trips. TCP: 1000 bytes / (0.5 s * sqrt(2/3 * 0.5)), 3.5
    // kB/s.
    Path path;
    CHECK(path.after(5s, 0.5, 0.5) == Verdict::whole);
    CHECK(path.after(1s, 0.5, 0.5) == Verdict::keyframes);
    CHECK(path.after(4s, 0.5, 0.5) == Verdict::keyframes);
    CHECK(path.after(1s, 0.5, 0.5) == Verdict::broken);
    CHECK(path.after(60s, 0) == Verdict::broken);

    Path unknown;
    CHECK(unknown.after(60s, 0.5, 0) == Verdict::keyframes);
    Path slow;
    slow.perSecond = 25;
    CHECK(slow.after(60s, 0.5, 0.5) == Verdict::keyframes);
}

TEST_CASE("the interval of congestion is three reports at least, and 15 s at most") {
    Path near; // TCP: 1000 bytes / (0.02 s * sqrt(2/3 * 0.5)), 87 kB/s
    near.perSecond = 2000;
    CHECK(near.after(3s, 0.5) == Verdict::whole);
    CHECK(near.after(1s, 0.5) == Verdict::keyframes);
    Path far;
    CHECK(far.after(3s, 0.01, 5) == Verdict::whole);
    CHECK(far.after(12s, 0.1, 5) == Verdict::whole);
    CHECK(far.after(1s, 0.1, 5) == Verdict::keyframes);
}

TEST_CASE("a path on which nothing arrives is broken after five reports") { // RFC 8083 section 4.2
    Path path;
    path.after(10s, 0);
    CHECK(path.after(4s, 1) != Verdict::broken);
    CHECK(path.after(2s, 1) == Verdict::broken);
    Path silent;
    silent.perSecond = 0;
    CHECK(silent.after(60s, 0) == Verdict::whole);
    silent.report.packets += 100; // of which the next report knows nothing yet
    CHECK(silent.after(1s, 0) == Verdict::whole);
    silent.report.highest += 100;
    silent.perSecond = 100;
    CHECK(silent.after(10s, 0) == Verdict::whole);
}

TEST_CASE("who reports all the time, or nonsense, costs no memory and is judged no sooner") {
    PathHealth health;
    PathHealth::Report report{Clock::time_point(1h)};
    for (int i = 0; i < 100'000; ++i) {
        report.at += 1us;
        report.lost += 1000;
        report.packets += 1;
        CHECK(health.onReport(report) == Verdict::whole);
    }
    for (const auto& [highest, lost] :
         {std::pair{0xFFFFFFFFU, 0x7FFFFF}, std::pair{0U, -0x800000}, std::pair{7U, 0}}) {
        report.at += 6s;
        report.highest = highest;
        report.lost = lost;
        CHECK(health.onReport(report) != Verdict::broken);
    }
}

TEST_CASE("a viewer may have one keyframe at once, then one every 3 s, and a wish that waits is kept") {
    KeyframeAllowance allowance;
    const Clock::time_point begin(1h);
    CHECK_FALSE(allowance.mayAsk(begin));
    allowance.want();
    CHECK(allowance.mayAsk(begin));
    CHECK_FALSE(allowance.mayAsk(begin));
    int asked = 0;
    for (auto now = begin; now < begin + 30s; now += 50ms) {
        allowance.want();
        asked += allowance.mayAsk(now) ? 1 : 0;
    }
    CHECK(asked == 9);
    allowance.want();
    allowance.onKeyframe();
    CHECK_FALSE(allowance.mayAsk(begin + 60s));
}
