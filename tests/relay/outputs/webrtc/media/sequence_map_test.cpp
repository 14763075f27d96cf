#include "relay/outputs/webrtc/media/sequence_map.h"

#include "support/catch.h"

#include <random>
#include <set>
#include <vector>

using namespace spillway::relay;
using namespace spillway::relay::webrtc;
using namespace std::chrono_literals;

namespace {

constexpr std::uint32_t clockRate = 90000;

rtp::Packet packetOf(unsigned sequence, std::uint32_t timestamp = 0, std::uint32_t ssrc = 1) {
    rtp::Packet packet;
    packet.sequence = static_cast<std::uint16_t>(sequence);
    packet.timestamp = timestamp;
    packet.ssrc = ssrc;
    return packet;
}

struct Viewer {
    explicit Viewer(unsigned before = 99)
        : map(clockRate, static_cast<std::uint16_t>(before), 5000) {}

    /// The viewer's number, or -1.
    int place(unsigned sequence, bool dropped = false, std::uint64_t source = 1) {
        const auto found = map.place(source, packetOf(sequence), now, dropped);
        return found ? found->sequence : -1;
    }
    void skip(unsigned sequence, bool dropped = false) { map.skip(1, packetOf(sequence), dropped); }
    /// The publisher's number of the viewer's, or -1; of which source is in foundSource.
    int publisher(unsigned sequence) {
        const auto* segment = map.find(static_cast<std::uint16_t>(sequence));
        if (!segment) return -1;
        foundSource = segment->incarnation;
        return static_cast<std::uint16_t>(sequence - segment->sequenceOffset);
    }

    SequenceMap map;
    Clock::time_point now{1h};
    std::uint64_t foundSource = 0;
};

} // namespace

TEST_CASE("what is missing upstream stays missing, over the end of the numbers of both") {
    Viewer viewer(65533);
    CHECK(viewer.place(65535) == 65534);
    CHECK(viewer.place(0) == 65535);
    CHECK(viewer.place(3) == 2);
    CHECK(viewer.publisher(65535) == 0);
    CHECK(viewer.publisher(2) == 3);
    CHECK(viewer.publisher(1) == -1); // nothing was sent
    CHECK(viewer.publisher(3) == -1); // nor yet
    CHECK(viewer.publisher(65533) == -1);
}

TEST_CASE("gaps that add up to more than a receiver can follow are forgotten") {
    for (const bool dropped : {false, true}) {
        Viewer viewer;
        CHECK(viewer.place(10) == 100);
        viewer.skip(32'010);
        viewer.skip(64'010);
        CHECK(viewer.place(64'011, dropped) == 101);
        CHECK(viewer.place(64'012) == 102);
        CHECK(viewer.publisher(101) == 64'011);
        CHECK(viewer.place(63'500) == -1); // one of the missing, which is late
    }
    Viewer viewer;
    CHECK(viewer.place(10) == 100);
    CHECK(viewer.place(32'777) == 32'867);
    CHECK(viewer.place(0) == static_cast<std::uint16_t>(32'867 + 32'759));
}

TEST_CASE("what our own queue dropped is no gap, and timestamps stay related") {
    Viewer viewer;
    const auto before = viewer.map.place(1, packetOf(10, 1000), viewer.now, true);
    const auto after = viewer.map.place(1, packetOf(40000, 91000), viewer.now + 1s, true);
    REQUIRE(before);
    REQUIRE(after);
    CHECK(before->starts);
    CHECK_FALSE(after->starts);
    CHECK(before->sequence == 100);
    CHECK(after->sequence == 101);
    CHECK(after->timestamp - before->timestamp == 90000);
    CHECK(viewer.publisher(100) == 10);
    CHECK(viewer.publisher(101) == 40000);
    // So long a drop that the numbers have come around to just before where they were.
    viewer.now += 60s;
    CHECK(viewer.place(39990, true) == 102);
    CHECK(viewer.place(39991) == 103);
}

TEST_CASE("what comes late finds its gap, is sent once, and has no place when the gap was closed") {
    Viewer viewer;
    for (const unsigned sequence : {10U, 11U, 14U})
        viewer.place(sequence);
    CHECK(viewer.place(12) == 102);
    CHECK(viewer.place(12) == -1);
    CHECK(viewer.place(14) == -1);
    CHECK(viewer.place(9) == -1);         // before the first
    CHECK(viewer.place(20, true) == 105); // 15 to 19 were dropped
    CHECK(viewer.place(17) == -1);
    CHECK(viewer.place(13) == 103); // by its own segment
    CHECK(viewer.place(21) == 106);
    CHECK(viewer.publisher(103) == 13);
    CHECK(viewer.publisher(106) == 21);
}

TEST_CASE("a drop that is told with a late packet closes the gap before the next in order") {
    Viewer viewer;
    for (const unsigned sequence : {10U, 12U})
        viewer.place(sequence);
    CHECK(viewer.place(11, true) == 101);
    CHECK(viewer.place(15) == 103);
}

TEST_CASE("padding alone is no gap, and what is missing around it still is") {
    Viewer viewer;
    CHECK(viewer.place(10) == 100);
    viewer.skip(11);
    viewer.skip(12);
    CHECK(viewer.place(13) == 101);
    viewer.skip(15);                // 14 is missing
    viewer.skip(17);                // 16 too
    CHECK(viewer.place(19) == 105); // and 18
    CHECK(viewer.place(14) == 102);
    CHECK(viewer.place(16) == 103);
    CHECK(viewer.place(18) == 104);
    viewer.skip(16); // late
    CHECK(viewer.place(20) == 106);
    CHECK(viewer.publisher(100) == 10);
    CHECK(viewer.publisher(101) == 13);
    CHECK(viewer.publisher(103) == 16);
    CHECK(viewer.publisher(105) == 19);
    viewer.skip(30, true); // padding behind a drop
    CHECK(viewer.place(31) == 107);
    CHECK(viewer.publisher(107) == 31);
}

TEST_CASE("from source to source the numbers go on by one and the clock by the time that passed") {
    Viewer viewer;
    const auto first = viewer.map.place(1, packetOf(10, 1000, 7), viewer.now, false);
    REQUIRE(first);
    const auto second = viewer.map.place(2, packetOf(50000, 4'000'000'000, 7), viewer.now + 100ms, false);
    REQUIRE(second);
    const auto third = viewer.map.place(2, packetOf(3, 77, 8), viewer.now + 300ms, false); // another SSRC
    REQUIRE(third);
    CHECK(second->sequence == first->sequence + 1);
    CHECK(second->timestamp - first->timestamp == 9000);
    CHECK(third->sequence == second->sequence + 1);
    CHECK(third->timestamp - second->timestamp == 18000);
    CHECK(third->starts);
    CHECK(viewer.publisher(100) == 10);
    CHECK(viewer.foundSource == 1);
    CHECK(viewer.publisher(101) == 50000);
    CHECK(viewer.foundSource == 2);
    CHECK(viewer.publisher(102) == 3);
}

TEST_CASE("a late packet of the source before fills its gap there") {
    Viewer viewer;
    viewer.place(10);
    viewer.place(12);
    CHECK(viewer.place(500, false, 2) == 103);
    CHECK(viewer.place(11, false, 1) == 101);
    CHECK(viewer.place(501, false, 2) == 104);
    // A source that comes back is another again.
    viewer.now += 10s;
    CHECK(viewer.place(11, false, 1) == 105);
    CHECK(viewer.place(12, false, 1) == 106);
}

TEST_CASE("a source that starts over under the same SSRC goes on like another") {
    Viewer viewer;
    for (unsigned sequence = 1; sequence <= 3000; ++sequence)
        viewer.place(sequence);
    const int last = 99 + 3000;
    const auto restarted = viewer.map.place(1, packetOf(5, 123), viewer.now, false);
    REQUIRE(restarted);
    CHECK(restarted->starts);
    CHECK(restarted->sequence == last + 1);
    CHECK(viewer.place(6) == last + 2);
}

TEST_CASE("a place that was not used can be used by what comes late") {
    Viewer viewer;
    viewer.place(10);
    const auto place = viewer.map.place(1, packetOf(11), viewer.now, false);
    REQUIRE(place);
    viewer.map.giveBack(*place);
    CHECK(viewer.publisher(101) == -1);
    CHECK(viewer.place(12) == 102);
    CHECK(viewer.place(11) == 101);
    CHECK(viewer.publisher(101) == 11);
}

TEST_CASE("as many segments as are remembered are found, and those before are not") {
    Viewer viewer;
    for (unsigned i = 0; i < 20; ++i)
        viewer.place(1000 * i, true);
    CHECK(viewer.publisher(100 + 3) == -1);
    CHECK(viewer.publisher(100 + 4) == 4000);
    CHECK(viewer.publisher(100 + 19) == 19000);
}

TEST_CASE("in whatever order packets come and queues drop, no number of a viewer is another packet's") {
    std::mt19937 engine(11);
    const auto random = [&engine] { return static_cast<unsigned>(engine()); };
    Viewer viewer(65000);
    std::set<std::uint64_t> given; // beyond 16 bits
    std::uint64_t last = 65000;
    unsigned publisher = 60000;
    std::uint64_t source = 1;
    std::size_t sent = 0, returned = 0;
    for (int i = 0; i < 200'000; ++i) {
        viewer.now += 1ms;
        if (random() % 5000 == 0) publisher = random();
        if (random() % 3000 == 0) ++source;
        publisher += random() % 10 == 0 ? random() % 5 : 1;
        const auto number = random() % 20 == 0 ? publisher - random() % 60 : publisher;
        if (random() % 30 == 0) {
            viewer.map.skip(source, packetOf(number), random() % 4 == 0);
            continue;
        }
        const int place = viewer.place(number, random() % 200 == 0, source);
        if (place < 0) continue;
        ++sent;
        const auto full = last + static_cast<std::uint64_t>(std::int64_t{static_cast<std::int16_t>(
                                     static_cast<unsigned>(place) - static_cast<std::uint16_t>(last))});
        REQUIRE(given.insert(full).second);
        last = std::max(last, full);
        if (viewer.publisher(static_cast<unsigned>(place)) == static_cast<std::uint16_t>(number)) ++returned;
    }
    CHECK(sent > 180'000);
    CHECK(returned == sent); // each finds its way back at once
}

TEST_CASE("the first number is in the lower half") { // RFC 3711 section 3.3.1
    for (int i = 0; i < 1000; ++i) {
        SequenceMap map(clockRate);
        const auto place = map.place(1, packetOf(7), Clock::time_point(1h), false);
        REQUIRE(place);
        REQUIRE(place->sequence < 0x8000);
    }
}
