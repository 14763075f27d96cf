// The media of one sender, packet by packet: the next is sent a millisecond after the one before has come.
// Whoever reads all that has come before it rests has begun to rest by then.
#pragma once

#include "relay/base/clock.h"
#include "relay/ingest/media_sink.h"
#include "relay/port/socket_fixture.h"
#include "support/catch.h"
#include "support/wait.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>
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
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
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
