#include "relay/srtp/session.h"

#include "relay/base/big_endian.h"
#include "relay/srtp/rtcp_receiver.h"
#include "support/catch.h"

#include "relay/srtp/srtp_client.h"

#include <array>
#include <memory>
#include <random>
#include <stdexcept>
#include <thread>
#include <vector>

using namespace spillway::relay;
using namespace spillway::relay::srtp;
using namespace spillway::relay::srtp::test;
using namespace std::chrono_literals;
using Packet = std::vector<std::uint8_t>;

namespace {

Keys keysOf(Profile profile) {
    const std::size_t bytes = profile == Profile::aeadAes128Gcm ? 28 : 30;
    Keys keys{profile, Packet(bytes), Packet(bytes)};
    for (std::size_t i = 0; i < bytes; ++i) {
        keys.send[i] = static_cast<std::uint8_t>(i + 1);
        keys.receive[i] = static_cast<std::uint8_t>(200 - i);
    }
    return keys;
}

Packet rtp(std::uint16_t sequence, std::uint32_t ssrc = 0xABCD, std::size_t payload = 1000) {
    Packet packet(12 + payload, 0x5A);
    packet[0] = 0x80;
    packet[1] = 96;
    writeU16(&packet[2], sequence);
    writeU32(&packet[4], 90'000);
    writeU32(&packet[8], ssrc);
    return packet;
}

Packet receiverReport(std::uint32_t sender) {
    Packet packet{0x80, 201, 0, 1, 0, 0, 0, 0};
    writeU32(&packet[4], sender);
    return packet;
}

/// Empty when it is refused.
Packet protect(Session& session, Packet packet, bool rtcp = false) {
    const std::size_t bytes = packet.size();
    packet.resize(bytes + Session::trailer);
    packet.resize(rtcp ? session.protectRtcp(packet.data(), bytes) : session.protect(packet.data(), bytes));
    return packet;
}
Packet unprotectRtcp(Session& session, Packet packet, Clock::time_point now = {}) {
    packet.resize(session.unprotectRtcp(packet, now));
    return packet;
}

constexpr auto profiles = {Profile::aeadAes128Gcm, Profile::aes128CmSha1_80};

} // namespace

TEST_CASE("what we protect the viewer can read, and the other way round", "[srtp]") {
    for (const auto profile : profiles) {
        Session session(keysOf(profile));
        SrtpClient other(keysOf(profile));
        for (const std::uint32_t ssrc : {1U, 2U, 3U}) {
            const Packet sent = protect(session, rtp(65'535, ssrc));
            CHECK(sent.size() == rtp(0).size() + (profile == Profile::aeadAes128Gcm ? 16 : 10));
            CHECK(Packet(sent.begin() + 12, sent.begin() + 1000) != Packet(988, 0x5A));
            CHECK(other.unprotect(sent) == rtp(65'535, ssrc));
            CHECK(other.unprotect(protect(session, rtp(0, ssrc))) == rtp(0, ssrc));
            const Packet report = receiverReport(ssrc);
            CHECK(other.unprotectRtcp(protect(session, report, true)) == report);
            CHECK(unprotectRtcp(session, other.protectRtcp(report)) == report);
        }
    }
}

TEST_CASE("the same packet again is the same to the last bit, as far back as the ring of packets goes",
          "[srtp]") {
    for (const auto profile : profiles) {
        Session session(keysOf(profile));
        const Packet first = protect(session, rtp(1000));
        for (std::uint16_t sequence = 1001; sequence < 1000 + 1024; ++sequence)
            REQUIRE_FALSE(protect(session, rtp(sequence)).empty());
        CHECK(protect(session, rtp(1000)) == first);
        REQUIRE_FALSE(protect(session, rtp(1000 + 1024)).empty());
        CHECK(protect(session, rtp(1000)).empty());
    }
}

TEST_CASE("CSRCs and extensions stay readable, over several turns of the sequence number", "[srtp]") {
    for (const auto profile : profiles) {
        Session session(keysOf(profile));
        SrtpClient other(keysOf(profile));
        for (std::uint32_t index = 60'000; index < 3 * 65'536; index += 500) {
            Packet packet = rtp(static_cast<std::uint16_t>(index));
            packet[0] = 0x92; // two CSRCs and an extension of three words
            packet[1] |= 0x80U;
            writeU16(&packet[20], 0xBEDE);
            writeU16(&packet[22], 3);
            const Packet sent = protect(session, packet);
            REQUIRE(Packet(sent.begin(), sent.begin() + 36) == Packet(packet.begin(), packet.begin() + 36));
            REQUIRE(other.unprotect(sent) == packet);
        }
        const Packet late = rtp(static_cast<std::uint16_t>(196'500 - 999)); // behind the last of them
        CHECK(protect(session, late).size() > late.size());
    }
}

TEST_CASE("another packet under a number that was used is never sent with AES-GCM", "[srtp]") {
    Session session(keysOf(Profile::aeadAes128Gcm));
    const Packet first = protect(session, rtp(100, 1, 50));
    CHECK(protect(session, rtp(100, 1, 51)).empty());
    CHECK(protect(session, rtp(100, 1, 50)) == first);
    CHECK_FALSE(protect(session, rtp(100, 2, 51)).empty());
    // Late ones have numbers of their own, once; and so has who comes round.
    CHECK_FALSE(protect(session, rtp(102, 1, 50)).empty());
    CHECK_FALSE(protect(session, rtp(101, 1, 50)).empty());
    CHECK(protect(session, rtp(101, 1, 52)).empty());
    for (const unsigned sequence : {30'000U, 60'000U, 98U})
        CHECK_FALSE(protect(session, rtp(static_cast<std::uint16_t>(sequence), 1, 53)).empty());
    CHECK_FALSE(protect(session, rtp(100, 1, 53)).empty());
}

TEST_CASE("a header that says it is longer than its packet is not sent", "[srtp]") {
    Session session(keysOf(Profile::aeadAes128Gcm));
    Packet packet = rtp(1, 1, 20);
    packet[0] = 0x90;
    writeU16(&packet[14], 4); // 12 + 4 + 16 bytes
    CHECK(protect(session, packet).size() == packet.size() + 16);
    writeU16(&packet[14], 5);
    CHECK(protect(session, packet).empty());
    packet[0] = 0x8F; // 15 CSRCs
    CHECK(protect(session, packet).empty());
}

TEST_CASE("what is replayed or forged is nothing", "[srtp]") {
    for (const auto profile : profiles) {
        Session session(keysOf(profile));
        SrtpClient other(keysOf(profile));
        const Packet report = receiverReport(7);
        const Packet good = other.protectRtcp(report);
        for (std::size_t i = 0; i < good.size(); ++i) {
            Packet forged = good;
            forged[i] ^= 0x10U;
            CHECK(unprotectRtcp(session, forged).empty());
        }
        CHECK(unprotectRtcp(session, good) == report);
        CHECK(unprotectRtcp(session, good).empty());
        SrtpClient stranger({profile, keysOf(profile).receive, keysOf(profile).send});
        CHECK(unprotectRtcp(session, stranger.protectRtcp(receiverReport(7))).empty());
        CHECK(unprotectRtcp(session, other.protectRtcp(report)) == report);
    }
}

TEST_CASE("what is too short to be protected or read is nothing", "[srtp]") {
    for (const auto profile : profiles) {
        Session session(keysOf(profile));
        SrtpClient other(keysOf(profile));
        const Packet good = other.protectRtcp(receiverReport(7));
        for (std::size_t size = 0; size < good.size(); ++size)
            CHECK(
                unprotectRtcp(session, Packet(good.begin(), good.begin() + static_cast<long>(size))).empty());
        for (std::size_t size = 0; size < 12; ++size)
            CHECK(protect(session, Packet(size, 0x80)).empty());
        for (std::size_t size = 0; size < 8; ++size)
            CHECK(protect(session, Packet(size, 0x80), true).empty());
    }
}

TEST_CASE("random packets are nothing", "[srtp]") {
    std::mt19937 random(3);
    for (const auto profile : profiles) {
        Session session(keysOf(profile));
        for (int i = 0; i < 2000; ++i) {
            Packet noise(random() % 100);
            for (auto& byte : noise)
                byte = static_cast<std::uint8_t>(random());
            CHECK(unprotectRtcp(session, noise).empty());
        }
    }
}

TEST_CASE("a viewer has RTCP senders without number refused", "[srtp]") {
    Session session(keysOf(Profile::aeadAes128Gcm));
    SrtpClient other(keysOf(Profile::aeadAes128Gcm));
    for (std::uint32_t sender = 0; sender < Session::maxSenders; ++sender)
        REQUIRE_FALSE(unprotectRtcp(session, other.protectRtcp(receiverReport(sender))).empty());
    const Clock::time_point later = Clock::time_point{} + RtcpReceiver::silence;
    CHECK(unprotectRtcp(session, other.protectRtcp(receiverReport(1000)), later - 1ns).empty());
    CHECK(unprotectRtcp(session, other.protectRtcp(receiverReport(0)), later - 1ns) == receiverReport(0));
    // Those that are silent make place, one for one.
    for (std::uint32_t sender = 1; sender < Session::maxSenders; ++sender)
        REQUIRE_FALSE(
            unprotectRtcp(session, other.protectRtcp(receiverReport(1000 + sender)), later).empty());
    CHECK(unprotectRtcp(session, other.protectRtcp(receiverReport(2000)), later).empty());
    CHECK(unprotectRtcp(session, other.protectRtcp(receiverReport(0)), later) == receiverReport(0));
    // And the one that went can begin anew, which shows that libsrtp forgot it.
    const Clock::time_point evenLater = later + RtcpReceiver::silence;
    CHECK(unprotectRtcp(session, other.protectRtcp(receiverReport(1)), evenLater) == receiverReport(1));
}

TEST_CASE("whom a packet describes or reports of beside its sender counts as a sender, too", "[srtp]") {
    const auto describing = [](std::uint32_t first, std::uint8_t count) {
        Packet packet = receiverReport(7);
        packet.insert(packet.end(), {static_cast<std::uint8_t>(0x80 | count), 202, 0,
                                     static_cast<std::uint8_t>(2 * count)});
        for (std::uint32_t ssrc = first; ssrc < first + count; ++ssrc) {
            packet.resize(packet.size() + 8); // without items
            writeU32(&packet[packet.size() - 8], ssrc);
        }
        return packet;
    };
    const auto reporting = [](std::uint32_t ssrc) {
        Packet packet = receiverReport(7);
        const Packet another = receiverReport(ssrc);
        packet.insert(packet.end(), another.begin(), another.end());
        return packet;
    };
    Session session(keysOf(Profile::aeadAes128Gcm));
    SrtpClient other(keysOf(Profile::aeadAes128Gcm));
    const auto passes = [&](const Packet& packet) {
        return unprotectRtcp(session, other.protectRtcp(packet)) == packet;
    };
    REQUIRE(passes(receiverReport(7)));
    std::uint32_t next = 100;
    for (; next + 4 < 100 + Session::maxSenders; next += 4)
        REQUIRE(passes(describing(next, 4)));
    CHECK_FALSE(passes(describing(next, 4)));
    CHECK_FALSE(passes(reporting(next + 4)));
    CHECK(passes(describing(100, 4)));
    CHECK(passes(reporting(100)));
}

TEST_CASE("keys of a wrong length make no session", "[srtp]") {
    auto keys = keysOf(Profile::aeadAes128Gcm);
    keys.receive.pop_back();
    CHECK_THROWS_AS(Session(keys), std::runtime_error);
    keys = keysOf(Profile::aes128CmSha1_80);
    keys.send.push_back(0);
    CHECK_THROWS_AS(Session(keys), std::runtime_error);
}

TEST_CASE("sessions of several threads share nothing", "[srtp]") {
    std::vector<std::thread> threads;
    threads.reserve(4);
    std::array<bool, 4> good{};
    for (bool& each : good)
        threads.emplace_back([&each] {
            Session session(keysOf(Profile::aeadAes128Gcm));
            SrtpClient other(keysOf(Profile::aeadAes128Gcm));
            each = true;
            for (std::uint16_t sequence = 0; sequence < 200; ++sequence)
                each = each && other.unprotect(protect(session, rtp(sequence))) == rtp(sequence);
        });
    for (auto& thread : threads)
        thread.join();
    for (const bool each : good)
        CHECK(each);
}
