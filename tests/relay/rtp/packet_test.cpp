#include "relay/rtp/continuity.h"
#include "relay/rtp/ntp.h"
#include "relay/rtp/packet.h"
#include "relay/rtp/sender_report.h"
#include "relay/rtp/wall_clock.h"

#include "support/catch.h"

#include <random>
#include <span>
#include <vector>

using namespace spillway::relay::rtp;
using spillway::relay::Clock;
using namespace std::chrono_literals;

namespace {

using Bytes = std::vector<std::uint8_t>;

Packet packetOf(std::uint16_t sequence, std::uint32_t timestamp, std::uint32_t ssrc = 1) {
    Packet packet;
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
    const auto packet = readPacket(bytes);
    REQUIRE(packet);
    CHECK(packet->marker);
    CHECK(packet->sequence == 0x1234);
    CHECK(packet->timestamp == 5);
    CHECK(packet->ssrc == 0xAABBCCDD);
    CHECK(packet->payloadType == 0x60);
    CHECK(packet->extensionOffset == 16);
    CHECK(packet->payloadOffset == 24);
    CHECK(packet->payloadBytes == 4);
}

TEST_CASE("packets that are cut off or lie about their size are none") {
    const Bytes whole{0xB1, 0xE0, 0, 1, 0, 0, 0, 5, 0, 0, 0, 1, 1, 2, 3, 4, 0xBE, 0xDE, 0, 1, 9, 9, 9, 9};
    for (std::size_t size = 0; size < whole.size(); ++size)
        CHECK_FALSE(readPacket(std::span(whole).first(size)));
    CHECK_FALSE(readPacket(Bytes{0xA0, 96, 0, 1, 0, 0, 0, 5, 0, 0, 0, 1, 0, 200})); // padding
    CHECK_FALSE(readPacket(Bytes{0x40, 96, 0, 1, 0, 0, 0, 5, 0, 0, 0, 1, 0, 2}));   // version 1
    std::mt19937 random(1);
    for (int i = 0; i < 20000; ++i) {
        Bytes noise(random() % 40);
        for (auto& byte : noise)
            byte = static_cast<std::uint8_t>(random());
        if (const auto packet = readPacket(noise))
            REQUIRE(packet->payloadOffset + packet->payloadBytes <= noise.size());
    }
}

TEST_CASE("a packet without its CSRCs is the same but for them") {
    for (const std::uint8_t sources : std::initializer_list<std::uint8_t>{0, 1, 15}) {
        Bytes bytes{static_cast<std::uint8_t>(0xB0 | sources), 0xE0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
        bytes.insert(bytes.end(), std::size_t{4} * sources, 0xCC);
        bytes.insert(bytes.end(), {0xBE, 0xDE, 0, 1, 9, 9, 9, 9, 'd', 'a', 't', 'a', 0, 0, 3});
        const auto before = readPacket(bytes).value();
        CHECK(payloadOffset(bytes) == before.payloadOffset);
        const auto left = withoutCsrcs(bytes);
        const Bytes expected{0xB0, 0xE0, 1, 2, 3, 4, 5,   6,   7,   8,   9, 10, 0xBE, 0xDE,
                             0,    1,    9, 9, 9, 9, 'd', 'a', 't', 'a', 0, 0,  3};
        CHECK(Bytes(left.begin(), left.end()) == expected);
    }
}

TEST_CASE("a header that is longer than its packet has no payload, whatever its padding says") {
    CHECK_FALSE(payloadOffset(Bytes(11, 0x80)));
    CHECK_FALSE(payloadOffset(Bytes(12, 0x40)));
    CHECK_FALSE(payloadOffset(Bytes(15, 0x81)));
    CHECK(payloadOffset(Bytes(16, 0x81)) == 16U);
    CHECK_FALSE(payloadOffset(Bytes(15, 0x90)));
    Bytes padded(20, 0xFF);
    padded[0] = 0xA0;
    CHECK(payloadOffset(padded) == 12U);
}

TEST_CASE("within a source gaps stay gaps, also over the end of the number space") {
    Continuity stream(65530, 0xFFFFFF00);
    const auto start = Clock::now();
    const auto first = stream.next(1, packetOf(7, 1000), start, 90000);
    CHECK(first.sequence == 65531);
    const auto later = stream.next(1, packetOf(17, 10000), start + 100ms, 90000);
    CHECK(later.sequence == static_cast<std::uint16_t>(65541));
    CHECK(later.timestamp - first.timestamp == 9000);
}

TEST_CASE("from one source to the next the numbers go on by one and the clock by the time that passed") {
    Continuity stream(100, 5000);
    const auto start = Clock::now();
    stream.next(1, packetOf(60000, 123456), start, 90000);
    const auto last = stream.next(1, packetOf(60001, 126456), start + 33ms, 90000);
    const auto next = stream.next(2, packetOf(5, 99), start + 2033ms, 90000);
    CHECK(next.sequence == last.sequence + 1);
    CHECK(next.timestamp - last.timestamp == 180000);
    CHECK(stream.switches(2, packetOf(6, 99, 8))); // another SSRC of the same source
}

TEST_CASE("a packet of padding alone leaves no gap") {
    Continuity stream(100, 5000);
    const auto now = Clock::now();
    const auto first = stream.next(1, packetOf(10, 0), now, 90000);
    stream.skip(1, packetOf(11, 0));
    CHECK(stream.next(1, packetOf(12, 0), now, 90000).sequence == first.sequence + 1);
}

TEST_CASE("a report relates wall time to the packet that was the fastest") {
    WallClock clock;
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

TEST_CASE("a sender report is read with the CNAME of who sent it") {
    const SenderReport report{0x01020304, std::chrono::system_clock::from_time_t(0) + 500ms, 90000, 7, 700};
    Bytes packet = senderReport(report, "alice@studio");
    const auto heard = readSenderReport(packet);
    REQUIRE(heard);
    CHECK(heard->ssrc == 0x01020304);
    CHECK(heard->ntpTime == ntpTime(report.wallTime));
    CHECK(heard->rtpTime == 90000);
    CHECK(heard->cname == "alice@studio");

    Bytes anothers = packet;
    anothers[28 + 7] = 5; // the SSRC of the description
    CHECK(readSenderReport(anothers)->cname.empty());
    Bytes alone(packet.begin(), packet.begin() + 28);
    CHECK(readSenderReport(alone)->cname.empty());
    packet[28 + 9] = 200; // the CNAME is longer than the packet
    CHECK(readSenderReport(packet)->cname.empty());
    alone[1] = 201;
    CHECK_FALSE(readSenderReport(alone));
    CHECK_FALSE(readSenderReport({}));
    alone.resize(16);
    alone[1] = 200;
    alone[3] = 3;
    CHECK_FALSE(readSenderReport(alone)); // without sender information
}

TEST_CASE("NTP time is read as it is written") {
    const auto time = std::chrono::system_clock::from_time_t(1'700'000'000) + 123'456'789ns;
    const auto read =
        sinceNtpEpoch(ntpTime(time)) - sinceNtpEpoch(ntpTime(std::chrono::system_clock::from_time_t(0)));
    CHECK(std::chrono::abs(read - time.time_since_epoch()) <= 1ns);
    CHECK(sinceNtpEpoch(~std::uint64_t{0}) > sinceNtpEpoch(0));
}
