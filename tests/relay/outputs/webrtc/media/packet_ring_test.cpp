#include "relay/outputs/webrtc/media/packet_ring.h"

#include "support/catch.h"

#include "relay/outputs/webrtc/packets.h"

using namespace spillway::relay;
using namespace spillway::relay::webrtc;
using namespace std::chrono_literals;

namespace {

/// A ring, and what is put into it with time going on.
struct Filled {
    void put(Source& source, unsigned sequence, std::size_t bytes = 20) {
        source.now = now += 1ms;
        put(source.frame(sequence, 0, Packet(bytes, 1)));
    }
    void put(const Frame& frame) {
        REQUIRE(frame.packet);
        ring.put(frame);
    }
    bool has(const Source& source, unsigned sequence) const {
        const Frame* kept =
            ring.find(source.format->incarnation, source.ssrc, static_cast<std::uint16_t>(sequence));
        return kept && kept->packet->sequence == static_cast<std::uint16_t>(sequence);
    }

    PacketRing ring;
    Clock::time_point now{1h};
};

int references(const Frame& frame) {
    return GST_MINI_OBJECT_REFCOUNT_VALUE(frame.buffer.get());
}

} // namespace

TEST_CASE("a packet is found by source, SSRC and number, and is the same buffer") {
    Filled filled;
    Source source(1), otherSource(2), otherSsrc(1, 9);
    filled.put(source, 65535);
    filled.put(source, 0);
    CHECK(filled.has(source, 65535));
    CHECK(filled.has(source, 0));
    CHECK_FALSE(filled.has(source, 1));
    CHECK_FALSE(filled.has(source, PacketRing::packets - 1)); // same place
    CHECK_FALSE(filled.has(otherSource, 0));
    CHECK_FALSE(filled.has(otherSsrc, 0));

    source.now = filled.now + 1ms;
    const Frame frame = source.frame(1, 0, {1});
    filled.put(frame);
    CHECK(filled.ring.find(1, source.ssrc, 1)->buffer.get() == frame.buffer.get());
}

TEST_CASE("a packet that each of many viewers puts is kept once") {
    Filled filled;
    Source source(1);
    const Frame frame = source.frame(7, 0, Packet(100));
    const int before = references(frame);
    for (int i = 0; i < 300; ++i)
        filled.put(frame);
    CHECK(filled.ring.bytes() == 112);
    CHECK(references(frame) == before + 1);
}

TEST_CASE("the ring is bounded in packets, the oldest go first, and their media is let go") {
    Filled filled;
    Source source(1);
    const Frame first = source.frame(60000, 0, Packet(20));
    filled.put(first);
    for (unsigned i = 1; i < PacketRing::packets; ++i)
        filled.put(source, 60000 + i);
    CHECK(filled.has(source, 60000));
    filled.put(source, 60000 + PacketRing::packets);
    CHECK_FALSE(filled.has(source, 60000));
    CHECK(filled.has(source, 60001));
    CHECK(references(first) == 1);
    CHECK(filled.ring.bytes() == PacketRing::packets * 32);
}

TEST_CASE("the ring is bounded in bytes") {
    Filled filled;
    Source source(1);
    constexpr std::size_t big = 100'000 - 12;
    for (unsigned i = 0; i < 50; ++i) {
        filled.put(source, i, big);
        REQUIRE(filled.ring.bytes() <= PacketRing::maxBytes);
    }
    CHECK_FALSE(filled.has(source, 49 - 20));
    CHECK(filled.has(source, 49 - 19));
    filled.put(source, 50, PacketRing::maxBytes);
    CHECK(filled.has(source, 49)); // one that is too big for it moves nothing out
    CHECK_FALSE(filled.has(source, 50));
}

TEST_CASE("a viewer that is behind the others brings nothing back and moves nothing out") {
    Filled filled;
    Source source(1);
    std::vector<Frame> all;
    for (unsigned i = 0; i < 3 * PacketRing::packets; ++i) {
        source.now = filled.now += 1ms;
        all.push_back(source.frame(i, 0, Packet(20)));
        filled.put(all.back());
    }
    for (const auto& frame : all)
        filled.put(frame);
    for (unsigned i = 0; i < all.size(); ++i)
        REQUIRE(filled.has(source, i) == (i >= 2 * PacketRing::packets));
    CHECK(references(all.front()) == 1);
}

TEST_CASE("the packets of the source before stay until newer ones need their place") {
    Filled filled;
    Source before(1), after(2);
    for (unsigned i = 0; i < 100; ++i)
        filled.put(before, i);
    const Frame late = before.frame(50, 0, Packet(20));
    for (unsigned i = 50; i < 60; ++i)
        filled.put(after, i);
    CHECK(filled.has(before, 49));
    CHECK(filled.has(before, 60));
    CHECK(filled.has(after, 50));
    CHECK_FALSE(filled.has(before, 50));
    filled.put(late); // from a viewer that is still there
    CHECK(filled.has(after, 50));
}
