#include "relay/rtp/keyframe.h"
#include "relay/rtp/packet.h"

#include "support/catch.h"

#include <vector>

using namespace spillway::relay::rtp;

namespace {

using Payload = std::vector<std::uint8_t>;

std::vector<std::uint8_t> packet(const Payload& payload, std::uint32_t timestamp = 0,
                                 std::uint8_t first = 0x80) {
    std::vector<std::uint8_t> bytes{first, 96, 0, 1};
    for (int shift = 24; shift >= 0; shift -= 8)
        bytes.push_back(static_cast<std::uint8_t>(timestamp >> shift));
    bytes.insert(bytes.end(), {1, 2, 3, 4});
    bytes.insert(bytes.end(), payload.begin(), payload.end());
    return bytes;
}

} // namespace

TEST_CASE("a VP8 keyframe is told by the first partition's start and the P bit") {
    const auto starts = [](const Payload& payload) { return startsKeyframe(PayloadFormat::vp8, payload); };
    REQUIRE(starts({0x10, 0x00}));
    REQUIRE(starts({0x90, 0x80, 0x12, 0x00}));                   // 7-bit picture id
    REQUIRE(starts({0x90, 0xe0, 0x92, 0x34, 0x01, 0x20, 0x00})); // 15-bit picture id, TL0PICIDX, TID
    REQUIRE_FALSE(starts({0x10, 0x01}));                         // P: an interframe
    REQUIRE_FALSE(starts({0x00, 0x00}));                         // not the start of a partition
    REQUIRE_FALSE(starts({0x11, 0x00}));                         // of another partition
    REQUIRE_FALSE(starts({0x90, 0x80}));                         // cut short
    REQUIRE_FALSE(starts({}));
}

TEST_CASE("a VP9 keyframe is a beginning, not predicted, of the base spatial layer") {
    const auto starts = [](const Payload& payload) { return startsKeyframe(PayloadFormat::vp9, payload); };
    REQUIRE(starts({0x08, 0x00}));
    REQUIRE(starts({0xa8, 0x81, 0x02, 0x00}));       // picture id of 15 bits, layer 0
    REQUIRE_FALSE(starts({0xa8, 0x01, 0x02, 0x00})); // SID 1
    REQUIRE_FALSE(starts({0x48, 0x00}));
    REQUIRE_FALSE(starts({0x00, 0x00}));
    REQUIRE_FALSE(starts({0xa8}));
}

TEST_CASE("an H.264 keyframe starts with an SPS or an IDR slice, alone, aggregated or fragmented") {
    const auto starts = [](const Payload& payload) { return startsKeyframe(PayloadFormat::h264, payload); };
    REQUIRE(starts({0x67, 1, 2}));
    REQUIRE(starts({0x65, 1, 2}));
    REQUIRE(starts({0x78, 0, 2, 0x06, 0x01, 0, 2, 0x67, 0x42})); // STAP-A: SEI, SPS
    REQUIRE(starts({0x7c, 0x85, 1}));                            // FU-A, start of an IDR slice
    REQUIRE_FALSE(starts({0x7c, 0x05, 1}));                      // its continuation
    REQUIRE_FALSE(starts({0x41, 1, 2}));
    REQUIRE_FALSE(starts({0x78, 0xff, 0xff, 0x41}));
    REQUIRE_FALSE(starts({}));
}

TEST_CASE("an H.265 keyframe starts with parameter sets or a random access picture") {
    const auto starts = [](const Payload& payload) { return startsKeyframe(PayloadFormat::h265, payload); };
    REQUIRE(starts({0x40, 0x01, 0}));       // VPS
    REQUIRE(starts({0x26, 0x01, 0}));       // IDR_W_RADL
    REQUIRE(starts({0x62, 0x01, 0x93, 0})); // FU, start of IDR_W_RADL
    REQUIRE_FALSE(starts({0x62, 0x01, 0x13, 0}));
    REQUIRE_FALSE(starts({0x02, 0x01, 0}));
}

TEST_CASE("only the first packet of a picture starts its keyframe") {
    KeyframeDetector detector(PayloadFormat::h264);
    const auto start = [&](const Payload& payload, std::uint32_t timestamp) {
        const auto bytes = packet(payload, timestamp);
        const auto read = readPacket(bytes);
        REQUIRE(read);
        return detector.isStart(read->timestamp, read->payload(bytes));
    };
    REQUIRE(start({0x67, 1}, 9000));
    REQUIRE_FALSE(start({0x65, 1}, 9000)); // its slices
    REQUIRE_FALSE(start({0x65, 1}, 9000));
    REQUIRE_FALSE(start({0x41, 1}, 12000));
    REQUIRE(start({0x65, 1}, 15000));
}

TEST_CASE("an RTP header that contradicts its length is no packet") {
    REQUIRE(readPacket(packet({1, 2, 3}))->payloadBytes == 3);
    REQUIRE(readPacket(packet({0xbe, 0xde, 0, 1, 9, 9, 9, 9, 7}, 0, 0x90))->payloadBytes == 1);
    REQUIRE(readPacket(packet({7, 7, 0, 2}, 0, 0xa0))->payloadBytes == 2);
    REQUIRE_FALSE(readPacket(packet({0xbe, 0xde, 0, 9}, 0, 0x90)));
    REQUIRE_FALSE(readPacket(packet({1, 200}, 0, 0xa0)));
    REQUIRE_FALSE(readPacket(packet({}, 0, 0x8f)));
    REQUIRE_FALSE(readPacket(packet({1}, 0, 0x40)));
    REQUIRE_FALSE(readPacket(std::vector<std::uint8_t>(11, 0x80)));
}
