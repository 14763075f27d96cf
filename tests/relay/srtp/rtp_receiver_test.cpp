#include "relay/srtp/rtp_receiver.h"

#include "relay/base/big_endian.h"
#include "support/catch.h"

#include "relay/srtp/srtp_client.h"

#include <algorithm>
#include <random>
#include <stdexcept>
#include <vector>

using namespace spillway::relay;
using namespace spillway::relay::srtp;
using Packet = std::vector<std::uint8_t>;

namespace {

Keys keys(std::uint8_t first = 1) {
    Keys keys{Profile::aes128CmSha1_80, Packet(30), Packet(30)};
    for (std::size_t i = 0; i < 30; ++i)
        keys.receive[i] = static_cast<std::uint8_t>(first + 5 * i);
    return keys;
}

Packet rtp(std::uint16_t sequence, std::uint32_t ssrc = 0xABCD, std::size_t payload = 1000) {
    Packet packet(12 + payload, 0x5A);
    packet[0] = 0x80;
    packet[1] = 96;
    writeU16(&packet[2], sequence);
    writeU32(&packet[8], ssrc);
    return packet;
}

/// libsrtp sends, we receive.
struct Way {
    test::SrtpClient sender{keys()};
    RtpReceiver receiver{keys().receive};

    Packet sent(std::uint16_t sequence, std::uint32_t ssrc = 0xABCD) {
        return sender.protect(rtp(sequence, ssrc));
    }
    /// Empty when it is refused.
    Packet received(Packet packet) {
        packet.resize(receiver.unprotect(packet));
        return packet;
    }
    bool takes(std::uint16_t sequence, std::uint32_t ssrc = 0xABCD) {
        return received(sent(sequence, ssrc)) == rtp(sequence, ssrc);
    }
};

} // namespace

TEST_CASE("what libsrtp protected comes out as it was, of any size, with CSRCs, extensions and padding",
          "[srtp]") {
    Way way;
    std::uint16_t sequence = 0;
    for (const std::size_t size : {0U, 1U, 15U, 16U, 17U, 1000U, 1460U}) {
        for (const auto first : std::initializer_list<std::uint8_t>{0x80, 0x82, 0x90, 0x9F, 0xB2}) {
            Packet packet = rtp(++sequence, 7, size + 80);
            packet[0] = first;
            writeU16(&packet[12 + 4 * (first & 0x0FU) + 2], 1); // words of an extension
            const Packet sent = way.sender.protect(packet);
            REQUIRE_FALSE(sent.empty());
            CHECK(way.received(sent) == packet);
        }
    }
    const Packet empty = rtp(1000, 7, 0);
    CHECK(way.received(way.sender.protect(empty)) == empty);
}

TEST_CASE("the rollover counter follows the sequence number over many turns, with gaps and late packets",
          "[srtp]") {
    Way way;
    for (std::uint32_t index = 65'000; index < 5 * 65'536; index += 30'000) {
        const auto sequence = static_cast<std::uint16_t>(index);
        const Packet late = way.sent(static_cast<std::uint16_t>(sequence - 500));
        REQUIRE(way.takes(sequence));
        REQUIRE(way.received(late) == rtp(static_cast<std::uint16_t>(sequence - 500)));
    }
}

TEST_CASE("who comes after the first turn, or on both sides of it in the wrong order, is read", "[srtp]") {
    Way way;
    const Packet before = way.sent(65'535);
    const Packet after = way.sent(0);
    CHECK(way.received(after) == rtp(0));
    CHECK(way.received(before) == rtp(65'535));
    CHECK(way.received(after).empty());
}

TEST_CASE("a packet is read once, and not when it is older than the window", "[srtp]") {
    Way way;
    std::vector<Packet> all;
    for (unsigned i = 0; i <= RtpReceiver::window; ++i)
        all.push_back(way.sent(static_cast<std::uint16_t>(65'000 + i)));
    CHECK_FALSE(way.received(all.back()).empty());
    CHECK(way.received(all.front()).empty());
    std::shuffle(all.begin() + 1, all.end() - 1, std::mt19937(5));
    for (std::size_t i = 1; i + 1 < all.size(); ++i)
        REQUIRE_FALSE(way.received(all[i]).empty());
    for (const Packet& again : all)
        REQUIRE(way.received(again).empty());
    // A jump leaves nothing of the window before.
    const Packet late = way.sent(29'600);
    CHECK(way.takes(30'000));
    CHECK_FALSE(way.received(late).empty());
}

TEST_CASE("what is forged in any byte, cut off or of another key is nothing, and changes nothing", "[srtp]") {
    Way way;
    REQUIRE(way.takes(1));
    const Packet good = way.sent(2);
    for (std::size_t i = 0; i < good.size(); i += i < 40 ? 1 : 37) {
        Packet forged = good;
        forged[i] ^= 0x04U;
        CHECK(way.received(forged).empty());
        CHECK(way.received(Packet(good.begin(), good.begin() + static_cast<long>(i))).empty());
    }
    CHECK(way.received(test::SrtpClient(keys(9)).protect(rtp(2))).empty());
    std::mt19937 random(3);
    for (int i = 0; i < 2000; ++i) {
        Packet noise(random() % 100);
        std::generate(noise.begin(), noise.end(), [&] { return static_cast<std::uint8_t>(random()); });
        CHECK(way.received(noise).empty());
    }
    CHECK(way.receiver.sources() == 1);
    CHECK(way.received(good) == rtp(2));
}

TEST_CASE("20,000 forged SSRCs leave nothing, 20,000 authentic ones no more than the bound", "[srtp]") {
    Way way;
    for (std::uint32_t ssrc = 1; ssrc <= 20'000; ++ssrc)
        CHECK(way.received(rtp(1, ssrc, 40)).empty());
    CHECK(way.receiver.sources() == 0);
    REQUIRE(way.takes(65'535, 5));
    REQUIRE(way.takes(0, 5)); // its counter is 1 from now on
    for (std::uint32_t ssrc = 100; ssrc < 20'100; ++ssrc) {
        RtpReceiver& receiver = way.receiver;
        Packet packet = rtp(1, ssrc, 40);
        // A sender of its own for each, since libsrtp looks for an SSRC in a list.
        packet = test::SrtpClient(keys()).protect(packet);
        REQUIRE(receiver.unprotect(packet) != 0);
    }
    CHECK(way.receiver.sources() == RtpReceiver::maxSources);
    CHECK(way.takes(1, 5));
}

TEST_CASE("a receiver is not made of a key of another length", "[srtp]") {
    CHECK_THROWS_AS(RtpReceiver(Packet(28)), std::runtime_error);
    CHECK_THROWS_AS(RtpReceiver(Packet(31)), std::runtime_error);
}
