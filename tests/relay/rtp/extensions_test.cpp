#include "relay/outputs/webrtc/media/packet_head.h"
#include "relay/rtp/extensions.h"
#include "relay/rtp/packet.h"

#include "relay/base/big_endian.h"

#include "support/catch.h"

#include <algorithm>
#include <array>
#include <random>
#include <string>
#include <vector>

using namespace spillway::relay;
using namespace spillway::relay::webrtc;
using namespace std::chrono_literals;

namespace {

using Packet = std::vector<std::uint8_t>;

/// With one CSRC and the extension bit.
Packet packetWith(const Packet& elements, std::uint16_t words, std::uint16_t profile = 0xBEDE) {
    constexpr std::array<std::uint8_t, 20> head{0x91, 96, 0, 1, 0, 0, 0, 5, 0, 0, 0, 1, 9, 9, 9, 9};
    Packet packet(head.size() + elements.size());
    std::copy(elements.begin(), elements.end(), std::copy(head.begin(), head.end(), packet.begin()));
    writeU16(&packet[16], profile);
    writeU16(&packet[18], words);
    return packet;
}

/// Of a packet that may be cut off anywhere.
Bytes valueIn(const Packet& packet, std::uint8_t id) {
    if (packet.size() < rtp::fixedHeaderBytes || (packet[0] & 0x10U) == 0) return {};
    return rtp::findExtension(packet, rtp::fixedHeaderBytes + 4 * std::size_t{packet[0] & 0x0FU}, id);
}

Packet found(const Packet& packet, std::uint8_t id) {
    const Bytes value = valueIn(packet, id);
    return {value.begin(), value.end()};
}

std::string text(Bytes value) {
    return {value.begin(), value.end()};
}

const rtp::PlayoutDelay delay{1, 2, 3};

} // namespace

TEST_CASE("an extension is found among others and padding") {
    const Packet packet = packetWith({0x10, 7, 0, 0, 0x52, 1, 2, 3, 0x21, 8, 9, 0}, 3);
    CHECK(found(packet, 1) == Packet{7});
    CHECK(found(packet, 5) == Packet{1, 2, 3});
    CHECK(found(packet, 2) == Packet{8, 9});
    CHECK(found(packet, 3).empty());
    CHECK(found(packet, 0).empty());
}

TEST_CASE("extensions whose lengths lie are not found, and nothing beyond is read") {
    CHECK(found(packetWith({0x5F, 1, 2, 3}, 1), 5).empty());
    CHECK(found(packetWith({0, 0, 0, 0x50}, 1), 5).empty());
    CHECK(found(packetWith({0x52, 1, 2, 3}, 0xFFFF), 5) == Packet{1, 2, 3});
    CHECK(found(packetWith({0x52, 1, 2, 3}, 0), 5).empty());
    CHECK(found(packetWith({0xF0, 0x52, 1, 2}, 1), 5).empty()); // 15 ends the list
    CHECK(found(packetWith({0x52, 1, 2, 3}, 1, 0x1000), 5).empty());
    const Packet whole = packetWith({0x52, 1, 2, 3}, 1);
    for (std::size_t size = 0; size < whole.size(); ++size)
        CHECK(found({whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)}, 5).empty());
    std::mt19937 random(3);
    for (int i = 0; i < 50'000; ++i) {
        Packet noise(random() % 48);
        std::generate(noise.begin(), noise.end(), [&] { return static_cast<std::uint8_t>(random()); });
        if (noise.size() >= 24) {
            const auto sources = random() % 3;
            noise[0] = static_cast<std::uint8_t>(0x90 | sources);
            writeU16(&noise[12 + 4 * sources], 0xBEDE);
        }
        noise.shrink_to_fit();
        const Bytes value = valueIn(noise, static_cast<std::uint8_t>(random() % 16));
        const bool inside = value.empty() || (value.data() >= noise.data() &&
                                              value.data() + value.size() <= noise.data() + noise.size());
        REQUIRE(inside);
    }
}

TEST_CASE(
    "a packet's playout delay is read with it, when its id is known and it is as long as it should be") {
    const Packet packet = packetWith({0x52, 1, 2, 3, 0x21, 8, 9, 0}, 2);
    CHECK(rtp::readPacket(packet, 5)->playoutDelay == delay);
    CHECK_FALSE(rtp::readPacket(packet, 2)->playoutDelay);
    CHECK_FALSE(rtp::readPacket(packet, 4)->playoutDelay);
    CHECK_FALSE(rtp::readPacket(packet)->playoutDelay);
}

TEST_CASE("the head of a packet says what the viewer agreed to, and nothing else") {
    const PacketHead head(96, 0xAABBCCDD, "video0", {.mid = 4, .absSendTime = 2, .transportSequence = 3});
    std::uint16_t transport = 65535;
    Packet bytes(ViewerStream::maxHeader, 0xEE);
    head.write(bytes.data(), {true, 0x1234, 0x01020304, 0x0A0B0C, {}}, transport);
    const std::size_t size = head.size(false);
    CHECK(std::all_of(bytes.begin() + static_cast<std::ptrdiff_t>(size), bytes.end(),
                      [](auto byte) { return byte == 0xEE; }));
    bytes.resize(size);
    CHECK(bytes[0] == 0x90);
    CHECK(bytes[1] == (0x80 | 96));
    CHECK(readU16(&bytes[2]) == 0x1234);
    CHECK(readU32(&bytes[4]) == 0x01020304);
    CHECK(readU32(&bytes[8]) == 0xAABBCCDD);
    CHECK(size == 16 + 4U * readU16(&bytes[14]));
    CHECK(text(valueIn(bytes, 4)) == "video0");
    CHECK(found(bytes, 2) == Packet{0x0A, 0x0B, 0x0C});
    CHECK(found(bytes, 3) == Packet{0xFF, 0xFF});
    CHECK(transport == 0);
}

TEST_CASE("the playout delay is there when the packet brings one and the viewer agreed to it") {
    std::uint16_t transport = 0;
    Packet bytes(ViewerStream::maxHeader);
    const PacketHead agreed(96, 1, "0", {.mid = 1, .playoutDelay = 6});
    agreed.write(bytes.data(), {false, 1, 1, 0, delay}, transport);
    bytes.resize(agreed.size(true));
    CHECK(found(bytes, 6) == Packet(delay.begin(), delay.end()));
    CHECK(text(valueIn(bytes, 1)) == "0");
    CHECK(agreed.size(false) < agreed.size(true));
    const PacketHead other(96, 1, "0", {.mid = 1});
    CHECK(other.size(true) == other.size(false));
    other.write(bytes.data(), {false, 1, 1, 0, delay}, transport);
    CHECK(found(bytes, 6).empty());
    CHECK(transport == 0);
}

TEST_CASE("without extensions there is no block, and the longest head has room") {
    const PacketHead bare(96, 1, "audio", {});
    CHECK(bare.size(false) == rtp::fixedHeaderBytes);
    std::uint16_t transport = 0;
    Packet bytes(rtp::fixedHeaderBytes);
    bare.write(bytes.data(), {false, 1, 1, 0, {}}, transport);
    CHECK(bytes[0] == 0x80);
    const ExtensionIds all{.mid = 1, .absSendTime = 2, .transportSequence = 3, .playoutDelay = 4};
    CHECK(PacketHead(96, 1, "0123456789abcdef", all).size(true) + 2 <= ViewerStream::maxHeader);
    CHECK(PacketHead(96, 1, "0123456789abcdefg", {.mid = 1}).size(false) == rtp::fixedHeaderBytes);
    CHECK(PacketHead(96, 1, "0", {.mid = 15}).size(false) == rtp::fixedHeaderBytes);
}

TEST_CASE("the send time counts 64 seconds in 24 bits") {
    using Time = std::chrono::system_clock::time_point;
    CHECK(absSendTime(Time(64s * 27'000'000)) == 0);
    CHECK(absSendTime(Time(64s * 27'000'000 + 1500ms)) == 0x60000);
    CHECK(absSendTime(Time(64s * 27'000'000 + 63'999'999us)) == 0xFFFFFF);
}
