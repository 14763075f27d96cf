#include "relay/port/demux.h"

#include "support/catch.h"

#include <vector>

using namespace spillway::relay;
using namespace spillway::relay::port;

namespace {

std::vector<std::uint8_t> datagram(std::uint8_t first, std::uint8_t second = 0) {
    std::vector<std::uint8_t> bytes(32);
    bytes[0] = first;
    bytes[1] = second;
    bytes[4] = 0x21;
    bytes[5] = 0x12;
    bytes[6] = 0xA4;
    bytes[7] = 0x42;
    return bytes;
}

DatagramKind expected(int first, int second) {
    if (first <= 3) return DatagramKind::stun;
    if (first >= 20 && first <= 63) return DatagramKind::dtls;
    if (first < 128 || first > 191) return DatagramKind::other;
    return second >= 192 && second <= 223 ? DatagramKind::rtcp : DatagramKind::rtp;
}

} // namespace

TEST_CASE("the first two bytes of a datagram say what it is", "[demux]") {
    for (int first = 0; first < 256; ++first)
        for (int second = 0; second < 256; ++second) {
            const auto bytes = datagram(static_cast<std::uint8_t>(first), static_cast<std::uint8_t>(second));
            if (kindOf(bytes) != expected(first, second)) {
                CAPTURE(first, second);
                FAIL();
            }
        }
}

TEST_CASE("without the magic cookie it is no STUN", "[demux]") {
    for (std::size_t i = 4; i < 8; ++i) {
        auto bytes = datagram(0);
        bytes[i] ^= 1U;
        CHECK(kindOf(bytes) == DatagramKind::other);
    }
}

TEST_CASE("what is shorter than its header is nothing", "[demux]") {
    const auto shortest = [](std::uint8_t first, std::uint8_t second) {
        const auto bytes = datagram(first, second);
        for (std::size_t size = 0; size <= bytes.size(); ++size) {
            const std::vector<std::uint8_t> exact(bytes.begin(), bytes.begin() + static_cast<long>(size));
            if (kindOf(exact) != DatagramKind::other) return size;
        }
        return std::size_t{0};
    };
    CHECK(shortest(0, 1) == 20);
    CHECK(shortest(22, 254) == 13);
    CHECK(shortest(128, 96) == 12);
    CHECK(shortest(128, 200) == 8);
}
