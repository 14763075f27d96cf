#include "relay/port/burst.h"

#include "support/catch.h"

#include <vector>

using namespace spillway::relay;
using namespace spillway::relay::port;

namespace {

/// Packets of each run.
std::vector<std::size_t> grouped(const std::vector<std::size_t>& sizes, bool together = true) {
    Burst burst;
    for (const std::size_t size : sizes) {
        REQUIRE(burst.room(size).size() == size);
        burst.add(size);
    }
    std::vector<std::size_t> packets;
    std::size_t bytes = 0;
    std::uint8_t* next = nullptr;
    for (const Run& run : burst.runs(0, burst.packets(), together)) {
        packets.push_back(run.packets);
        bytes += run.bytes;
        CHECK((next == nullptr || run.data == next));
        next = run.data + run.bytes;
    }
    std::size_t all = 0;
    for (const std::size_t size : sizes)
        all += size;
    CHECK(bytes == all);
    return packets;
}

using Packets = std::vector<std::size_t>;

} // namespace

TEST_CASE("neighbours of one size are a run, and a shorter one is its last") {
    CHECK(grouped({}).empty());
    CHECK(grouped({100}) == Packets{1});
    CHECK(grouped({100, 100, 100}) == Packets{3});
    CHECK(grouped({100, 100, 40}) == Packets{3});
    CHECK(grouped({100, 40, 40}) == Packets{2, 1});
    CHECK(grouped({100, 40, 100, 100}) == Packets{2, 2});
    CHECK(grouped({40, 100, 100}) == Packets{1, 2});
    CHECK(grouped({100, 100, 100}, false) == Packets{1, 1, 1});
}

TEST_CASE("a run stays under what fits into one IP packet") {
    CHECK(grouped(Packets(64, 1000)) == Packets{64});
    CHECK(grouped(Packets(64, 1200)) == Packets{54, 10});
    CHECK(grouped(Packets(64, 1500)) == Packets{43, 21});
}

TEST_CASE("a burst takes 64 packets, and 64 of the largest") {
    Burst burst;
    for (int i = 0; i < 64; ++i) {
        REQUIRE(burst.room(Burst::maxPacket).size() == Burst::maxPacket);
        burst.add(Burst::maxPacket);
    }
    CHECK(burst.room(1).empty());
    burst.clear();
    CHECK(burst.room(1).size() == 1);
    CHECK(burst.runs(0, burst.packets(), true).empty());
}

TEST_CASE("nothing added is no packet, and what is added is as long as it became") {
    Burst burst;
    const auto first = burst.room(1000).data();
    burst.add(0);
    CHECK(burst.room(1000).data() == first);
    burst.add(900);
    CHECK(burst.room(1000).data() == first + 900);
    REQUIRE(burst.runs(0, burst.packets(), true).size() == 1);
    CHECK(burst.runs(0, burst.packets(), true)[0].bytes == 900);
}
