// The media of one sender, packet by packet: the next is sent when the one before has come.
#pragma once

#include "relay/base/clock.h"
#include "relay/ingest/media_sink.h"
#include "relay/port/socket_fixture.h"
#include "support/catch.h"
#include "support/wait.h"

#include <algorithm>
#include <atomic>
#include <utility>

namespace spillway::test {

struct PingPong : relay::ingest::MediaSink {
    void onSrtp(MutableBytes) override {
        cameAt = relay::Clock::now();
        ++came;
    }

    /// Between two that come, the shortest time of some.
    relay::Clock::duration shortest(const UdpClient& client) const {
        auto least = relay::Clock::duration::max();
        auto last = relay::Clock::time_point();
        for (int i = 0; i < 20; ++i) {
            const int before = came;
            client.send(Datagram(100, 0x80)); // as RTP begins
            REQUIRE(eventually([&] { return came == before + 1; }));
            least = std::min(least, cameAt.load() - std::exchange(last, cameAt.load()));
        }
        return least;
    }

    std::atomic<relay::Clock::time_point> cameAt{};
    std::atomic<int> came{0};
};

} // namespace spillway::test
