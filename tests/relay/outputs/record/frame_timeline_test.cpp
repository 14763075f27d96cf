#include "relay/outputs/record/frame_timeline.h"
#include "support/catch.h"

#include <vector>

using namespace spillway::relay;
using namespace std::chrono_literals;
using Time = FrameTimeline::Time;

namespace {

struct Stamps {
    Time presentation;
    Time decoding;
};

std::vector<Time> timesOf(const std::vector<Stamps>& frames) {
    FrameTimeline timeline;
    auto arrived = Clock::now();
    std::vector<Time> times;
    for (const Stamps& frame : frames)
        times.push_back(timeline.next(frame.presentation, frame.decoding, arrived += 20ms));
    return times;
}

} // namespace

TEST_CASE("frames that come closer than a container can tell apart are a millisecond apart") {
    CHECK(timesOf({{5s, 5s}, {5s + 300us, 5s + 300us}, {5s + 301us, 5s + 301us}, {5s + 20ms, 5s + 20ms}}) ==
          std::vector<Time>{0ms, 1ms, 2ms, 20ms});
    CHECK(timesOf({{5s, 5s}, {5s, 5s}, {5s, 5s}}) == std::vector<Time>{0ms, 1ms, 2ms});
}

TEST_CASE("frames that are shown in another order than they are decoded keep their times") {
    CHECK(timesOf({{5s, 5s}, {5s + 90ms, 5s + 30ms}, {5s + 30ms, 5s + 60ms}, {5s + 60ms, 5s + 90ms}}) ==
          std::vector<Time>{0ms, 90ms, 30ms, 60ms});
}

TEST_CASE("a step backwards that no decoding time explains holds the clock") {
    CHECK(timesOf({{5s, 5s}, {5s + 40ms, 5s + 40ms}, {5s + 20ms, 5s + 20ms}, {5s + 60ms, 5s + 60ms}}) ==
          std::vector<Time>{0ms, 40ms, 41ms, 60ms});
}
