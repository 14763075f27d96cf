#include "relay/rtp/feedback.h"
#include "relay/rtp/rtcp.h"

#include "relay/base/big_endian.h"

#include "support/catch.h"

#include <limits>
#include <random>
#include <span>
#include <utility>
#include <vector>

using namespace spillway::relay::rtp;
using spillway::relay::writeU16;

namespace {

using Raw = std::vector<std::uint8_t>;

struct Told {
    std::vector<ReceptionReport> reports;
    std::vector<std::pair<std::uint32_t, std::uint16_t>> nacks;
    std::vector<std::uint32_t> keyframes;
    std::vector<std::uint64_t> bandwidths;

    void operator()(const ReceptionReport& report) { reports.push_back(report); }
    void operator()(const Nack& nack) { nacks.emplace_back(nack.ssrc, nack.sequence); }
    void operator()(const KeyframeWanted& wanted) { keyframes.push_back(wanted.ssrc); }
    void operator()(const Bandwidth& bandwidth) { bandwidths.push_back(bandwidth.bitsPerSecond); }
};

/// `body` is whole words.
Raw rtcp(unsigned count, unsigned type, const Raw& body) {
    Raw packet{static_cast<std::uint8_t>(0x80U | count), static_cast<std::uint8_t>(type), 0, 0};
    writeU16(&packet[2], static_cast<std::uint16_t>(body.size() / 4));
    packet.insert(packet.end(), body.begin(), body.end());
    return packet;
}

Raw operator+(Raw a, const Raw& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
}

Told read(const Raw& packet) {
    Told told;
    for (const Feedback& said : readFeedback(packet))
        std::visit(told, said);
    return told;
}

const Raw viewer{0, 0, 0, 9};
const Raw media{0, 0, 0x12, 0x34};
const Raw block{0, 0, 0x12, 0x34, 64,  0xFF, 0xFF, 0xFE, 0, 1, 0, 7,
                0, 0, 0,    90,   0xA, 0xB,  0xC,  0xD,  0, 1, 0, 0};
const Raw description = rtcp(1, 202, viewer + Raw{1, 1, 'x', 0});

Raw transportFeedback(std::uint16_t packets, const Raw& chunks) {
    Raw info{0, 5, 0, 0, 0, 0, 0, 1};
    writeU16(&info[2], packets);
    return rtcp(15, 205, viewer + media + info + chunks);
}

} // namespace

TEST_CASE("report blocks are read from receiver and sender reports") {
    const Raw sender = viewer + Raw(20, 7);
    for (const auto& packet : {rtcp(1, 201, viewer + block), rtcp(1, 200, sender + block)}) {
        const auto told = read(packet + description);
        REQUIRE(told.reports.size() == 1);
        const auto& report = told.reports[0];
        CHECK(report.ssrc == 0x1234);
        CHECK(report.fractionLost == 0.25);
        CHECK(report.lost == -2);
        CHECK(report.highestSequence == 0x10007);
        CHECK(report.jitter == 90);
        CHECK(report.lastReport == 0x0A0B0C0D);
        CHECK(report.delaySinceLastReport == 0x10000);
    }
    CHECK(read(rtcp(2, 201, viewer + block + block)).reports.size() == 2);
    CHECK(read(rtcp(3, 201, viewer + block)).reports.size() == 1);
    CHECK(read(rtcp(1, 200, viewer + block)).reports.empty());
}

TEST_CASE("a NACK names a packet and a bit for each of the 16 behind it") {
    const auto told = read(rtcp(0, 201, viewer) + rtcp(1, 205, viewer + media + Raw{0xFF, 0xFF, 0x80, 1}));
    using Lost = std::pair<std::uint32_t, std::uint16_t>;
    CHECK(told.nacks == std::vector<Lost>{{0x1234, 0xFFFF}, {0x1234, 0}, {0x1234, 15}});
}

TEST_CASE("no more than 256 lost packets are told of one packet, however many parts it has") {
    Raw entries;
    for (int i = 0; i < 12; ++i)
        entries = entries + Raw{0, 0, 0xFF, 0xFF};
    const Raw nack = rtcp(1, 205, viewer + media + entries);
    CHECK(read(nack).nacks.size() == 12 * 17);
    CHECK(read(nack + nack + rtcp(1, 206, viewer + media)).nacks.size() == 256);
    CHECK(read(nack + nack + rtcp(1, 206, viewer + media)).keyframes.size() == 1);
}

TEST_CASE("PLI is for the SSRC of its head, FIR for those of its entries") {
    CHECK(read(rtcp(1, 206, viewer + media)).keyframes == std::vector<std::uint32_t>{0x1234});
    const Raw entries{0, 0, 0, 1, 8, 0, 0, 0, 0, 0, 0, 2, 9, 0, 0, 0};
    CHECK(read(rtcp(4, 206, viewer + media + entries)).keyframes == std::vector<std::uint32_t>{1, 2});
    CHECK(read(rtcp(1, 206, viewer)).keyframes.empty());
    CHECK(read(rtcp(2, 206, viewer + media)).keyframes.empty()); // SLI
}

TEST_CASE("REMB is a mantissa and an exponent, and what is beyond 64 bits is the most") {
    const auto remb = [](Raw value) {
        return read(rtcp(15, 206, viewer + Raw(4) + Raw{'R', 'E', 'M', 'B'} + value + media)).bandwidths;
    };
    CHECK(remb({1, 0x0B, 0x00, 0x03}) == std::vector<std::uint64_t>{std::uint64_t{0x30003} << 2});
    CHECK(remb({1, 0xFF, 0xFF, 0xFF}) ==
          std::vector<std::uint64_t>{std::numeric_limits<std::uint64_t>::max()});
    CHECK(remb({1, 0xFC, 0, 0}) == std::vector<std::uint64_t>{0});
    CHECK(read(rtcp(15, 206, viewer + Raw(4) + Raw{'A', 'F', 'B', '!', 1, 1, 1, 1})).bandwidths.empty());
}

TEST_CASE("what is of no use here is skipped, and what stands behind it is read") {
    const Raw pli = rtcp(1, 206, viewer + media);
    const Raw wide = transportFeedback(30, {0x20, 8, 0x00, 3, 0xBE, 0x00, 0xD8, 0xC0});
    for (const Raw& packet :
         {wide, rtcp(1, 203, viewer), rtcp(0, 203, {}), rtcp(0, 204, viewer), description}) {
        const auto told = read(packet + pli);
        CHECK(told.keyframes == std::vector<std::uint32_t>{0x1234});
        CHECK(readFeedback(packet).empty());
    }
}

TEST_CASE("a compound is its packets, and none when one of them is broken") {
    const Raw report = rtcp(1, 201, viewer + block);
    const Raw all = report + description + rtcp(1, 206, viewer + media);
    const auto packets = readCompound(all);
    REQUIRE(packets);
    REQUIRE(packets->size() == 3);
    CHECK((*packets)[0].isReport());
    CHECK((*packets)[0].count == 1);
    CHECK((*packets)[0].body.size() == viewer.size() + block.size());
    CHECK((*packets)[1].type == RtcpType::sourceDescription);
    CHECK((*packets)[2].isFeedback());
    CHECK((*packets)[2].whole.size() == 12);
    for (std::size_t size = 1; size < report.size(); ++size)
        CHECK_FALSE(readCompound(std::span(all).first(size)));
}

TEST_CASE("the sender of a report is told, and of anything else nobody") {
    CHECK(reportingSender(rtcp(0, 200, viewer + Raw(20, 7)) + description) == 9U);
    CHECK_FALSE(reportingSender(rtcp(0, 201, viewer)));
    CHECK_FALSE(reportingSender(rtcp(0, 200, {})));
    CHECK_FALSE(reportingSender(Raw{0x80, 200, 0, 1, 0, 0, 0}));
}

TEST_CASE("padding is no part of what is said") {
    Raw nack = rtcp(1, 205, viewer + media + Raw{0, 1, 0, 0, 0, 0, 0, 4});
    nack[0] |= 0x20U;
    CHECK(read(nack).nacks.size() == 1);
    nack.back() = 200;
    CHECK(read(nack).nacks.empty());
}

TEST_CASE("what is malformed is skipped from there on") {
    const Raw pli = rtcp(1, 206, viewer + media);
    Raw wrongVersion = pli;
    wrongVersion[0] = 0x41;
    CHECK(read(pli + wrongVersion + pli).keyframes.size() == 1);
    Raw tooLong = pli;
    tooLong[3] = 200;
    CHECK(read(pli + tooLong + pli).keyframes.size() == 1);
    for (std::size_t size = 0; size < pli.size(); ++size)
        CHECK(read({pli.begin(), pli.begin() + static_cast<std::ptrdiff_t>(size)}).keyframes.empty());
}

TEST_CASE("100 000 mutated packets are read within their bounds") {
    const std::vector<Raw> seeds{
        rtcp(2, 201, viewer + block + block) + description,
        rtcp(1, 200, viewer + Raw(20, 7) + block) + rtcp(1, 203, viewer),
        rtcp(1, 205, viewer + media + Raw{0, 1, 0xFF, 0xFF, 1, 0, 0xFF, 0xFF}) + rtcp(1, 206, viewer + media),
        transportFeedback(30, {0x20, 8, 0x00, 3, 0xBE, 0x00, 0xD8, 0xC0}),
        rtcp(15, 206, viewer + Raw(4) + Raw{'R', 'E', 'M', 'B', 1, 0x0B, 0, 3} + media) +
            rtcp(4, 206, viewer + media + Raw(16, 1))};
    std::mt19937 random(7);
    std::size_t said = 0;
    for (int i = 0; i < 100'000; ++i) {
        Raw packet = seeds[random() % seeds.size()];
        for (auto changes = random() % 4; changes > 0; --changes)
            packet[random() % packet.size()] = static_cast<std::uint8_t>(random());
        packet.resize(random() % 3 == 0 ? random() % (packet.size() + 1) : packet.size());
        packet.shrink_to_fit(); // so that a sanitizer sees the first byte beyond
        const auto told = read(packet);
        REQUIRE(told.nacks.size() <= 256);
        REQUIRE(told.reports.size() * 24 <= packet.size());
        REQUIRE(told.keyframes.size() * 8 <= packet.size());
        said += told.nacks.size() + told.reports.size() + told.bandwidths.size();
    }
    CHECK(said > 10'000); // it was not all thrown away at the door
}

TEST_CASE("the round trip is our time less the viewer's, and unknown before it knows one of our reports") {
    ReceptionReport report;
    CHECK_FALSE(roundTrip(report, 5));
    report.lastReport = 0xFFFF0000;
    report.delaySinceLastReport = 0x8000;
    const auto time = roundTrip(report, 0x4000); // over the end of the number space
    REQUIRE(time);
    CHECK(*time == 0.75);
    CHECK_FALSE(roundTrip(report, 0xFFFF0001)); // it cannot have held it for longer than it had it
}
