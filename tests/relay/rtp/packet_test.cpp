#include "relay/outputs/media.h"
#include "relay/rtp/continuity.h"
#include "relay/rtp/packet.h"
#include "relay/rtp/rtcp.h"
#include "relay/rtp/wall_clock.h"

#include "support/catch.h"

#include <gst/gst.h>

#include <random>
#include <vector>

using namespace spillway::relay;
using namespace std::chrono_literals;

namespace {

using Bytes = std::vector<std::uint8_t>;

BufferRef bufferOf(const Bytes& bytes) {
    GstBuffer* buffer = bytes.empty() ? gst_buffer_new() : gst_buffer_new_memdup(bytes.data(), bytes.size());
    return BufferRef::adopt(buffer);
}

RtpPacket packetOf(std::uint16_t sequence, std::uint32_t timestamp, std::uint32_t ssrc = 1) {
    RtpPacket packet;
    packet.sequence = sequence;
    packet.timestamp = timestamp;
    packet.ssrc = ssrc;
    return packet;
}

} // namespace

TEST_CASE("the payload is found behind CSRCs and header extension and before the padding") {
    const Bytes bytes{0xB1, 0xE0, 0x12, 0x34, 0, 0, 0, 5, 0xAA, 0xBB, 0xCC, 0xDD, // V P X CC=1, M
                      1,    2,    3,    4,                                        // CSRC
                      0xBE, 0xDE, 0,    1,    9, 9, 9, 9,                         // one word of extension
                      'd',  'a',  't',  'a',  0, 0, 3};
    const auto packet = readRtpPacket(bufferOf(bytes).get());
    REQUIRE(packet);
    CHECK(packet->marker);
    CHECK(packet->sequence == 0x1234);
    CHECK(packet->timestamp == 5);
    CHECK(packet->ssrc == 0xAABBCCDD);
    CHECK(packet->payloadOffset == 24);
    CHECK(packet->payloadBytes == 4);
}

TEST_CASE("packets that are cut off or lie about their size are none") {
    const Bytes whole{0xB1, 0xE0, 0, 1, 0, 0, 0, 5, 0, 0, 0, 1, 1, 2, 3, 4, 0xBE, 0xDE, 0, 1, 9, 9, 9, 9};
    for (std::size_t size = 0; size < whole.size(); ++size)
        CHECK_FALSE(readRtpPacket(
            bufferOf({whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)}).get()));
    CHECK_FALSE(readRtpPacket(bufferOf({0xA0, 96, 0, 1, 0, 0, 0, 5, 0, 0, 0, 1, 0, 200}).get())); // padding
    CHECK_FALSE(readRtpPacket(bufferOf({0x40, 96, 0, 1, 0, 0, 0, 5, 0, 0, 0, 1, 0, 2}).get()));   // version 1
    std::mt19937 random(1);
    for (int i = 0; i < 20000; ++i) {
        Bytes noise(random() % 40);
        for (auto& byte : noise)
            byte = static_cast<std::uint8_t>(random());
        if (const auto packet = readRtpPacket(bufferOf(noise).get()))
            REQUIRE(packet->payloadOffset + packet->payloadBytes <= noise.size());
    }
}

TEST_CASE("within a source gaps stay gaps, also over the end of the number space") {
    RtpContinuity stream(65530, 0xFFFFFF00);
    const auto start = Clock::now();
    const auto first = stream.next(1, packetOf(7, 1000), start, 90000);
    CHECK(first.sequence == 65531);
    const auto later = stream.next(1, packetOf(17, 10000), start + 100ms, 90000);
    CHECK(later.sequence == static_cast<std::uint16_t>(65541));
    CHECK(later.timestamp - first.timestamp == 9000);
}

TEST_CASE("from one source to the next the numbers go on by one and the clock by the time that passed") {
    RtpContinuity stream(100, 5000);
    const auto start = Clock::now();
    stream.next(1, packetOf(60000, 123456), start, 90000);
    const auto last = stream.next(1, packetOf(60001, 126456), start + 33ms, 90000);
    const auto next = stream.next(2, packetOf(5, 99), start + 2033ms, 90000);
    CHECK(next.sequence == last.sequence + 1);
    CHECK(next.timestamp - last.timestamp == 180000);
    CHECK(stream.switches(2, packetOf(6, 99, 8))); // another SSRC of the same source
}

TEST_CASE("a packet of padding alone leaves no gap") {
    RtpContinuity stream(100, 5000);
    const auto now = Clock::now();
    const auto first = stream.next(1, packetOf(10, 0), now, 90000);
    stream.skip(1, packetOf(11, 0));
    CHECK(stream.next(1, packetOf(12, 0), now, 90000).sequence == first.sequence + 1);
}

TEST_CASE("a report relates wall time to the packet that was the fastest") {
    RtpWallClock clock;
    const auto start = Clock::now();
    CHECK_FALSE(clock.at(start));
    clock.add(0, start + 50ms, 90000);
    clock.add(9000, start + 110ms, 90000); // 40 ms faster
    clock.add(18000, start + 290ms, 90000);
    CHECK(*clock.at(start + 310ms) == 27000);
    clock.renew();
    clock.add(90000, start + 1100ms, 90000);
    CHECK(*clock.at(start + 1100ms) == 90000);
}

TEST_CASE("a sender report and a goodbye are laid out as RFC 3550 has them") {
    const SenderReport report{0x01020304, std::chrono::system_clock::from_time_t(0) + 500ms, 90000, 7, 700};
    const Bytes packet = senderReport(report, "alice@studio");
    const Bytes expected{0x80, 200, 0,    6,    1,   2,   3,   4,   0x83, 0xAA, 0x7E, 0x80,
                         0x80, 0,   0,    0,                                                // NTP of 1970.5
                         0,    1,   0x5F, 0x90, 0,   0,   0,   7,   0,    0,    2,    0xBC, //
                         0x81, 202, 0,    5,    1,   2,   3,   4,   1,    12,   'a',  'l',
                         'i',  'c', 'e',  '@',  's', 't', 'u', 'd', 'i',  'o',  0,    0};
    CHECK(packet == expected);
    Bytes ended = expected;
    ended.insert(ended.end(), {0x81, 203, 0, 1, 1, 2, 3, 4});
    CHECK(goodbye(report, "alice@studio") == ended);
    CHECK(senderReport(report, std::string(400, 'x')).size() % 4 == 0);
}
