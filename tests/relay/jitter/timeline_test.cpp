#include "relay/jitter/timeline.h"
#include "relay/outputs/record/frame_timeline.h"

#include "support/catch.h"

#include <cstdlib>
#include <vector>

using namespace spillway::relay::jitter;
using namespace std::chrono_literals;

namespace {

constexpr std::uint32_t rate = 90000;
constexpr Time frameTime = 40ms;
constexpr Time largestSlew = frameTime / 200 + 1us;

Time milliseconds(Time time) {
    return std::chrono::round<std::chrono::milliseconds>(time);
}

/// A sender of 25 frames a second; what its clock counts may differ from ours.
struct Sender {
    Timeline& timeline;
    double clock = 1; ///< ticks of its clock for one of ours
    Time now{};
    double ticks = 0;
    Timeline::Stamp last{};

    /// Frames for so long; each is on its way for `delay`. The largest step of PTS away from 40 ms.
    Time send(Time length, Time delay = {}) {
        Time worst{};
        for (const Time end = now + length; now < end; now += 40ms, ticks += 3600 * clock) {
            const Time before = last.presentation;
            last = timeline.next(static_cast<std::uint32_t>(static_cast<std::int64_t>(ticks)), now + delay,
                                 rate);
            if (!last.restarted) worst = std::max(worst, std::chrono::abs(last.presentation - before - 40ms));
        }
        return worst;
    }
    Time behind() const { return now - 40ms - last.presentation; }
};

} // namespace

TEST_CASE("time is RTP time from the first packet's arrival on, however packets arrive") {
    Timeline timeline;
    // A timestamp that wraps, and a burst that comes all at once.
    const std::uint32_t first = 0xFFFFFFFF - 9000;
    for (int i = 0; i < 250; ++i) {
        const auto stamp = timeline.next(first + static_cast<std::uint32_t>(i) * 3600, 5s + i * 1ms, rate);
        CHECK(stamp.presentation == 5s + i * 40ms);
        CHECK(stamp.restarted == (i == 0));
    }
}

TEST_CASE("the packets of one frame have the same times") {
    Timeline timeline;
    timeline.next(0, 0s, rate);
    const auto one = timeline.next(3600, 40ms, rate);
    const auto other = timeline.next(3600, 47ms, rate);
    CHECK(one.presentation == other.presentation);
    CHECK(one.decoding == other.decoding);
}

TEST_CASE("B-frames keep their times, and decoding times go on and are never above them") {
    Timeline timeline;
    Time before = -1ns;
    // In the order of decoding: a pyramid behind the second group.
    for (const int frame : {0, 3, 1, 2, 6, 4, 5, 14, 10, 8, 7, 9, 12, 11, 13, 15, 16}) {
        const auto stamp = timeline.next(static_cast<std::uint32_t>(frame) * 3600, 40ms * frame, rate);
        CHECK(stamp.presentation == 40ms * frame);
        CHECK(stamp.decoding > before);
        CHECK(stamp.decoding <= stamp.presentation);
        before = stamp.decoding;
    }
}

TEST_CASE("B-frames are recorded at their times") {
    Timeline timeline;
    spillway::relay::FrameTimeline file;
    const spillway::relay::Clock::time_point begin{};
    std::vector<Time> recorded;
    for (const int frame : {0, 3, 1, 2, 6, 4, 5}) {
        const Time arrived = 120ms + 40ms * frame;
        const auto stamp = timeline.next(static_cast<std::uint32_t>(frame) * 3600, arrived, rate);
        recorded.push_back(file.next(stamp.presentation, stamp.decoding, begin + arrived));
    }
    CHECK(recorded == std::vector<Time>{0ms, 120ms, 40ms, 80ms, 240ms, 160ms, 200ms});
}

TEST_CASE("a step back that no B-frame makes holds times where they are") {
    Timeline timeline;
    timeline.next(0, 0s, rate);
    timeline.next(3600, 40ms, rate);
    const auto ahead = timeline.next(90000, 1s, rate);
    const auto behind = timeline.next(1800, 1s + 1ms, rate);
    CHECK(behind.presentation >= ahead.decoding);
    CHECK(behind.decoding > ahead.decoding);
    CHECK(behind.decoding <= behind.presentation);
}

TEST_CASE("a sender that restarts its clock gets a new anchor, and times never step back") {
    for (const std::uint32_t other : {0x80000000U, 10U, 90000U * 60}) {
        Timeline timeline;
        const std::uint32_t base = 90000 * 30;
        timeline.next(base, 0s, rate);
        const auto last = timeline.next(base + 3600, 40ms, rate);
        const auto stamp = timeline.next(other, 90ms, rate);
        CHECK(stamp.restarted);
        CHECK(stamp.presentation == 90ms);
        CHECK(stamp.decoding > last.decoding);
        CHECK(timeline.next(other + 3600, 130ms, rate).presentation == 130ms);
    }
}

TEST_CASE("a sender whose clock stood still in a pause gets a new anchor; one that stalled does not") {
    Timeline paused;
    Sender sender{paused};
    sender.send(10s);
    sender.now += 20s;
    sender.send(10s);
    CHECK(milliseconds(sender.behind()) == 0ms);

    Timeline stalled;
    Sender other{stalled};
    other.send(10s);
    for (Time now = other.now; now < 13s; now += 40ms) { // all at once, at 13 s
        const auto stamp = stalled.next(static_cast<std::uint32_t>(other.ticks), 13s, rate);
        CHECK_FALSE(stamp.restarted);
        CHECK(stamp.presentation == now);
        other.ticks += 3600;
    }
}

TEST_CASE("another clock rate goes on from the arrival") {
    Timeline timeline;
    timeline.next(0, 1s, 48000);
    timeline.next(960, 1020ms, 48000);
    const auto stamp = timeline.next(1920, 1040ms, 8000);
    CHECK(stamp.presentation == 1040ms);
    CHECK(timeline.next(2080, 1060ms, 8000).presentation == 1060ms);
}

TEST_CASE("without a clock rate, time is that of arrival") {
    Timeline timeline;
    CHECK(timeline.next(0, 1s, 0).presentation == 1s);
    CHECK(timeline.next(77, 2s, 0).presentation == 2s);
    CHECK(timeline.next(78, 1900ms, 0).presentation == 2s);
}

TEST_CASE("the drift of the sender's clock is followed without a step") {
    for (const double clock : {0.9998, 1.0002}) {
        Timeline timeline;
        Sender sender{timeline, clock};
        // A tenth of a percent of 40 ms for the drift itself, half a percent for the slew.
        CHECK(sender.send(600s) <= largestSlew + frameTime / 1000);
        // 120 ms would be missing by now.
        CHECK(std::chrono::abs(sender.behind()) < 5ms);
    }
}

TEST_CASE("a path that becomes longer is followed slowly; jitter and a late first packet are not followed") {
    Timeline timeline;
    Sender sender{timeline};
    sender.send(10s);
    CHECK(sender.send(20s, 30ms) <= largestSlew);
    CHECK(milliseconds(sender.behind()) == -30ms);

    Timeline other;
    Sender jumpy{other};
    jumpy.last = other.next(0, 80ms, rate); // delayed
    jumpy.now = 40ms;
    jumpy.ticks = 3600;
    for (int i = 0; i < 1000; ++i)
        CHECK(jumpy.send(40ms, (i * 7919 % 61) * 1ms) <= 40us);
}
