#include "relay/outputs/rtp/listener.h"

#include "support/catch.h"

#include <chrono>

using namespace spillway::relay;
using namespace std::chrono_literals;
using State = Listener::State;

namespace {

/// Asks every 20 ms, as packets do, until somebody listens; probes are refused or not by `refuses`. How long
/// it took.
template <class Refuses>
Clock::duration untilBack(Listener& listener, Clock::time_point from, const Refuses& refuses) {
    for (auto now = from; now < from + 60s; now += 20ms) {
        if (listener.probes(now) && refuses(now)) listener.refused(now + 1ms);
        if (listener.state() == State::back) return now - from;
    }
    return Clock::duration::max();
}

const Clock::time_point start = Clock::time_point() + 1h;

} // namespace

TEST_CASE("while a host refuses it is asked once a second") {
    Listener listener;
    CHECK_FALSE(listener.probes(start));
    listener.refused(start);
    int probes = 0;
    untilBack(listener, start, [&](Clock::time_point now) {
        ++probes;
        return now < start + 30s;
    });
    CHECK(probes >= 29);
    CHECK(probes <= 31);
}

TEST_CASE("who no longer refuses is back within the distance of the probes, and there with a keyframe") {
    Listener listener;
    listener.refused(start);
    CHECK(listener.state() == State::gone);
    CHECK(untilBack(listener, start, [](Clock::time_point) { return false; }) <= 1300ms);
    listener.offers(false, start + 2s);
    CHECK(listener.state() == State::back);
    listener.offers(true, start + 2s);
    CHECK(listener.state() == State::there);
}

TEST_CASE("who waits for a keyframe in vain gets the stream as it is, some seconds later") {
    Listener listener;
    listener.refused(start);
    const auto back = start + untilBack(listener, start, [](Clock::time_point) { return false; });
    listener.offers(false, back + 4s);
    CHECK(listener.state() == State::back);
    listener.offers(false, back + 6s);
    CHECK(listener.state() == State::there);
}

TEST_CASE("a keyframe brings nobody back who refuses") {
    Listener listener;
    listener.refused(start);
    listener.offers(true, start);
    CHECK(listener.state() == State::gone);
}

TEST_CASE("a host that refuses seldom is believed ever later, and soon again once that was right") {
    Listener listener;
    auto now = start;
    Clock::duration last{};
    for (int round = 0; round < 8; ++round) {
        listener.refused(now);
        last = untilBack(listener, now, [](Clock::time_point) { return false; });
        listener.offers(true, now + last);
        now += last + 500ms;
    }
    CHECK(last >= 10s);
    CHECK(last <= 12s);
    now += 1min;
    listener.refused(now);
    CHECK(untilBack(listener, now, [](Clock::time_point) { return false; }) <= 1300ms);
}
