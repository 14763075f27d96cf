#include "relay/jitter/jitter_buffer.h"

#include "support/catch.h"

#include <memory>

using namespace spillway::relay::jitter;
using namespace std::chrono_literals;

namespace {

/// One that can only be moved.
using Payload = std::unique_ptr<int>;

struct Buffer : JitterBuffer<Payload> {
    explicit Buffer(bool retransmission = true, Time latency = 100ms) { set({latency, retransmission}); }
    explicit Buffer(std::shared_ptr<Pool> pool)
        : JitterBuffer(std::move(pool)) {
        set({100ms, true});
    }

    /// What comes out.
    std::vector<int> at(Time now, int sequence, bool retransmitted = false, std::size_t bytes = 1000) {
        Packet packet{static_cast<std::uint16_t>(sequence),
                      static_cast<std::uint32_t>(sequence) * 90,
                      90000,
                      now,
                      bytes,
                      retransmitted};
        std::vector<Ready> ready;
        add(packet, std::make_unique<int>(sequence), ready);
        return numbers(std::move(ready));
    }
    std::vector<int> advanced(Time now) {
        std::vector<Ready> ready;
        advance(now, ready);
        return numbers(std::move(ready));
    }
    std::vector<int> numbers(std::vector<Ready> ready) {
        std::vector<int> out;
        for (const auto& item : ready) {
            out.push_back(*item.payload);
            lostBefore.push_back(item.lostBefore);
        }
        return out;
    }
    std::vector<int> requested(Time now) {
        std::vector<int> out;
        for (const Request& request : requests(now))
            out.push_back(request.sequence);
        return out;
    }
    std::vector<std::size_t> lostBefore;
};

using Numbers = std::vector<int>;

} // namespace

TEST_CASE("a packet is handed on at once while nothing is missing") {
    Buffer buffer;
    for (int i = 0; i < 100; ++i)
        CHECK(buffer.at(1ms * i, 65500 + i) == Numbers{65500 + i});
    CHECK_FALSE(buffer.nextCall());
    CHECK(buffer.counts().delivered == 100);
}

TEST_CASE("reordered packets come out in order, and nobody asks for them") {
    Buffer buffer;
    buffer.at(0ms, 65534);
    CHECK(buffer.at(1ms, 65536).empty());
    CHECK(buffer.at(2ms, 65537).empty());
    CHECK(buffer.at(3ms, 65535) == Numbers{65535, 65536, 65537});
    CHECK_FALSE(buffer.nextCall());
    CHECK(buffer.requested(1s).empty());
    CHECK(buffer.counts().lost == 0);
}

TEST_CASE("a gap is waited for as long as the latency from when it was due, then it is lost") {
    Buffer buffer(false);
    buffer.at(0ms, 1);
    CHECK(buffer.at(30ms, 4).empty()); // 2 and 3 were due at 10 and 20 ms
    CHECK(buffer.at(50ms, 6).empty());
    CHECK(buffer.nextCall() == 120ms);
    CHECK(buffer.advanced(119ms).empty());
    CHECK(buffer.advanced(120ms) == Numbers{4});
    CHECK(buffer.nextCall() == 140ms);
    CHECK(buffer.at(139ms, 5) == Numbers{5, 6});
    CHECK(buffer.lostBefore == std::vector<std::size_t>{0, 2, 0, 0});
    CHECK(buffer.counts().lost == 2);
}

TEST_CASE("a pause of the sender takes a quarter of the latency off a gap at most") {
    Buffer buffer(false);
    buffer.at(0ms, 1);
    buffer.at(2s, 3);
    CHECK(buffer.nextCall() == 2s + 75ms);
}

TEST_CASE("late packets and duplicates are dropped and counted") {
    Buffer buffer;
    buffer.at(0ms, 1);
    buffer.at(1ms, 3);
    CHECK(buffer.at(2ms, 3).empty());
    CHECK(buffer.at(2ms, 1).empty());
    buffer.advanced(101ms);
    CHECK(buffer.at(102ms, 2).empty());
    CHECK(buffer.at(103ms, 2).empty());
    CHECK(buffer.counts().duplicates == 3);
    CHECK(buffer.counts().late == 1);
    CHECK(buffer.counts().delivered == 2);
}

TEST_CASE("what is missing is asked for after a grace, and again while the answer can come in time") {
    Buffer buffer(true, 200ms);
    buffer.roundTrip().set(50ms);
    buffer.at(0ms, 1);
    buffer.at(0ms, 4);
    CHECK(buffer.nextCall() == 5ms);
    CHECK(buffer.requested(4ms).empty());
    CHECK(buffer.requested(10ms) == Numbers{2, 3});
    CHECK(buffer.requested(11ms).empty());
    CHECK(buffer.nextCall() == 70ms);
    CHECK(buffer.at(65ms, 2, true) == Numbers{2});
    CHECK(buffer.requested(70ms) == Numbers{3});
    CHECK(buffer.requested(135ms) == Numbers{3});
    // An answer to a fourth would come at 245 ms.
    CHECK(buffer.nextCall() == 200ms);
    CHECK(buffer.requested(199ms).empty());
    CHECK(buffer.advanced(200ms) == Numbers{4});
    CHECK(buffer.counts().requests == 4);
    CHECK(buffer.answered() == 1);
}

TEST_CASE("the round trip is learned from answers to a single request") {
    Buffer buffer(true, 500ms);
    buffer.at(0ms, 1);
    buffer.at(0ms, 3);
    REQUIRE(buffer.requested(10ms) == Numbers{2});
    CHECK(buffer.nextCall() == 110ms);
    buffer.at(50ms, 2, true);
    CHECK(buffer.roundTrip().value() == 40ms);
    buffer.at(60ms, 5);
    REQUIRE(buffer.requested(70ms) == Numbers{4});
    CHECK(buffer.nextCall() == 120ms);
    REQUIRE(buffer.requested(120ms) == Numbers{4});
    buffer.at(125ms, 4, true);
    CHECK(buffer.roundTrip().value() == 40ms);
}

TEST_CASE("nothing is asked for without retransmission, or when no answer can come in time") {
    Buffer without(false);
    without.at(0ms, 1);
    without.at(0ms, 3);
    CHECK(without.requested(50ms).empty());
    Buffer hasty(true, 15ms);
    hasty.at(0ms, 1);
    hasty.at(0ms, 3);
    CHECK(hasty.nextCall() == 15ms);
    CHECK(hasty.requested(14ms).empty());
    // Called too late for it.
    Buffer slow(true, 100ms);
    slow.at(0ms, 1);
    slow.at(0ms, 3);
    CHECK(slow.requested(95ms).empty());
}

TEST_CASE("a source that begins anew is followed with its second packet") {
    for (const int start : {10000, 60000}) {
        Buffer buffer;
        buffer.at(0ms, 1000);
        buffer.at(1ms, 1002);
        CHECK(buffer.at(2ms, start).empty());
        CHECK(buffer.at(3ms, start + 1) == Numbers{1002, start, start + 1});
        CHECK(buffer.at(4ms, start + 2) == Numbers{start + 2});
        CHECK(buffer.counts().lost == 1);
        CHECK_FALSE(buffer.nextCall());
    }
}

TEST_CASE("a single packet from elsewhere changes nothing") {
    Buffer buffer;
    buffer.at(0ms, 1000);
    CHECK(buffer.at(1ms, 30000).empty());
    CHECK(buffer.at(2ms, 1001) == Numbers{1001});
    CHECK(buffer.at(3ms, 30001).empty());
    CHECK(buffer.at(4ms, 50000, true).empty());
    CHECK(buffer.at(5ms, 1002) == Numbers{1002});
    CHECK(buffer.counts().late == 3);
    CHECK(buffer.counts().lost == 0);
}

TEST_CASE("a long gap is given up from its front, and what is behind it goes out in time") {
    Buffer buffer;
    buffer.at(0ms, 1);
    CHECK(buffer.at(1ms, 3).empty());
    // More than may be missing at once: what waited goes first.
    CHECK(buffer.at(2ms, 2001) == Numbers{3});
    CHECK(buffer.counts().lost == 1997 - Missing::most + 1);
    CHECK(buffer.requested(12ms).size() == Missing::most);
    CHECK(buffer.at(20ms, 2000).empty());
    CHECK(buffer.advanced(102ms) == Numbers{2000, 2001});
    CHECK(buffer.counts().lost == 1997 - Missing::most + 1 + Missing::most - 1);
    CHECK(buffer.lostBefore == std::vector<std::size_t>{0, 1, 1996, 0});
}

TEST_CASE("what is held is bounded in packets and in bytes") {
    Buffer packets;
    packets.at(0ms, 0);
    for (int i = 2; i < 2 + static_cast<int>(maxHeldPackets); ++i)
        REQUIRE(packets.at(1ms, i, false, 1).empty());
    CHECK(packets.at(1ms, 2 + static_cast<int>(maxHeldPackets)).size() == maxHeldPackets + 1);
    CHECK(packets.heldPackets() == 0);
    CHECK(packets.heldBytes() == 0);

    Buffer bytes;
    bytes.at(0ms, 0);
    REQUIRE(bytes.at(1ms, 2, false, maxHeldBytes / 2).empty());
    REQUIRE(bytes.at(1ms, 4, false, maxHeldBytes / 2).empty());
    CHECK(bytes.at(1ms, 6, false, maxHeldBytes / 2) == Numbers{2});
    CHECK(bytes.heldBytes() == maxHeldBytes);
}

TEST_CASE("the streams of a peer hold together what their pool has") {
    const auto pool = std::make_shared<Pool>(3000);
    Buffer first(pool);
    first.at(0ms, 0);
    REQUIRE(first.at(1ms, 2, false, 1000).empty());
    REQUIRE(first.at(1ms, 4, false, 1000).empty());
    {
        Buffer second(pool);
        second.at(0ms, 0);
        REQUIRE(second.at(1ms, 2, false, 1000).empty());
        // Whoever wants more gives up its own.
        CHECK(second.at(1ms, 4, false, 1000) == Numbers{2});
        CHECK(second.heldBytes() == 1000);
        CHECK(first.heldBytes() == 2000);
    }
    CHECK(first.at(1ms, 6, false, 1000).empty());
    CHECK(first.at(1ms, 8, false, 1000) == Numbers{2});
    CHECK(first.advanced(200ms) == Numbers{4, 6, 8});
    CHECK(first.at(201ms, 10, false, 3000).empty());
}

TEST_CASE("at its end everything held goes out") {
    Buffer buffer;
    buffer.at(0ms, 1);
    buffer.at(0ms, 3);
    buffer.at(0ms, 5);
    std::vector<Buffer::Ready> ready;
    buffer.drain(ready);
    const Numbers numbers = buffer.numbers(std::move(ready));
    CHECK(numbers == Numbers{3, 5});
    CHECK_FALSE(buffer.nextCall());
}
