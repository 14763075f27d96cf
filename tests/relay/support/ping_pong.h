// The media of one sender, packet by packet: the next is sent when the one before has come.
#pragma once

#include "relay/base/clock.h"
#include "relay/ingest/media_sink.h"
#include "relay/port/socket_fixture.h"
#include "support/catch.h"
#include "support/wait.h"

#include <algorithm>
#include <atomic>

namespace spillway::test {

struct PingPong : relay::ingest::MediaSink {
    void onSrtp(MutableBytes) override { ++came; }

    /// How long the quickest of some took.
    relay::Clock::duration quickest(const UdpClient& client) const {
        auto least = relay::Clock::duration::max();
        for (int i = 0; i < 20; ++i) {
            const int before = came;
            const auto sent = relay::Clock::now();
            client.send(Datagram(100, 0x80)); // as RTP begins
            REQUIRE(eventually([&] { return came == before + 1; }));
            least = std::min(least, relay::Clock::now() - sent);
        }
        return least;
    }

    std::atomic<int> came{0};
};

} // namespace spillway::test
