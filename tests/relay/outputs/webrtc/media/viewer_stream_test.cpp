#include "relay/outputs/webrtc/media/viewer_stream.h"
#include "relay/rtp/extensions.h"

#include "support/catch.h"

#include "relay/outputs/webrtc/packets.h"

using namespace spillway::relay;
using namespace spillway::relay::webrtc;
using namespace std::chrono_literals;

namespace {

ViewerStreamSettings vp8Settings(bool withRtx) {
    ViewerStreamSettings settings;
    settings.mid = "1";
    settings.encoding = "VP8";
    settings.payloadType = 96;
    settings.ssrc = 0xABCD;
    settings.nack = true;
    settings.extensions = {.mid = 4, .absSendTime = 2, .transportSequence = 3, .playoutDelay = 6};
    if (!withRtx) return settings;
    settings.rtxPayloadType = 97;
    settings.rtxSsrc = 0xEF01;
    return settings;
}

/// The beginning of a picture with a picture id of 15 bits and a TL0PICIDX.
Packet picture(unsigned id, unsigned tl0) {
    Packet payload(200, 0x55);
    payload[0] = 0x90;
    payload[1] = 0xC0;
    payload[2] = static_cast<std::uint8_t>(0x80 | id >> 8);
    payload[3] = static_cast<std::uint8_t>(id);
    payload[4] = static_cast<std::uint8_t>(tl0);
    return payload;
}

/// What the viewer sees of a packet.
struct Seen {
    Packet bytes;
    std::uint16_t sequence() const { return readU16(&bytes[2]); }
    std::uint32_t timestamp() const { return readU32(&bytes[4]); }
    std::uint32_t ssrc() const { return readU32(&bytes[8]); }
    std::size_t payloadAt() const { return (bytes[0] & 0x10U) ? 16 + 4U * readU16(&bytes[14]) : 12; }
    Packet payload(std::size_t skip = 0) const {
        return {bytes.begin() + static_cast<std::ptrdiff_t>(payloadAt() + skip), bytes.end()};
    }
    Packet extension(std::uint8_t id) const {
        const auto packet = rtp::readPacket(bytes);
        REQUIRE(packet);
        const Bytes value =
            packet->extensionOffset ? rtp::findExtension(bytes, packet->extensionOffset, id) : Bytes();
        return {value.begin(), value.end()};
    }
};

struct Viewer {
    explicit Viewer(ViewerStreamSettings settings = vp8Settings(true))
        : stream(std::move(settings)) {}

    Seen write(const Frame& frame) {
        REQUIRE(frame.packet);
        ring.put(frame);
        now = frame.arrived;
        Packet into(1500, 0xEE);
        into.resize(stream.write(frame, transport, now, into));
        return {into};
    }
    Seen again(std::uint16_t sequence) {
        Packet into(1500, 0xEE);
        into.resize(stream.retransmit(sequence, ring, transport, now, into));
        return {into};
    }

    ViewerStream stream;
    PacketRing ring;
    std::uint16_t transport = 7;
    Clock::time_point now;
};

Frame dropped(Frame frame) {
    frame.discontinuity = true;
    return frame;
}

} // namespace

TEST_CASE("a packet goes out under our head with its payload and none of the publisher's extensions") {
    Viewer viewer;
    Source source(1);
    const Packet delay{0x92, 1, 2, 3, 0x50, 8, 0, 0}; // id 9, and one that was agreed with nobody
    const Seen seen = viewer.write(source.frame(10, 1000, picture(5, 5), delay));
    CHECK((seen.bytes[1] & 0x7F) == 96);
    CHECK((seen.bytes[1] & 0x80) != 0);
    CHECK(seen.ssrc() == 0xABCD);
    CHECK(seen.extension(4) == Packet{'1'});
    CHECK(seen.extension(2).size() == 3);
    CHECK(seen.extension(3) == Packet{0, 7});
    CHECK(seen.extension(6) == Packet{1, 2, 3});
    CHECK(seen.extension(5).empty());
    CHECK(seen.payload() == picture(5, 5));
    CHECK(viewer.transport == 8);
    CHECK(viewer.stream.counters().packets == 1);
    CHECK(viewer.stream.counters().bytes == seen.bytes.size());
    CHECK((viewer.write(source.frame(11, 1000, picture(5, 5), {}, false)).bytes[1] & 0x80) == 0);
}

TEST_CASE("the send time goes on as our clock does") {
    Viewer viewer;
    Source source(1);
    const auto sendTime = [&](unsigned sequence) {
        const Packet value = viewer.write(source.frame(sequence, 0, picture(1, 1))).extension(2);
        return static_cast<std::uint32_t>(value[0] << 16 | value[1] << 8 | value[2]);
    };
    const auto first = sendTime(1);
    source.now += 500ms;
    const auto passed = (sendTime(2) - first) & 0xFFFFFF;
    CHECK(passed >= (1U << 17) - 1);
    CHECK(passed <= (1U << 17) + 1);
}

TEST_CASE("over a drop the sequence goes on by one and VP8's numbers are the publisher's") {
    Viewer viewer;
    Source source(1);
    const Seen before = viewer.write(source.frame(10, 1000, picture(5, 5)));
    source.now += 1s;
    const Seen after = viewer.write(dropped(source.frame(400, 91000, picture(40, 36))));
    CHECK(after.sequence() == static_cast<std::uint16_t>(before.sequence() + 1));
    CHECK(after.timestamp() - before.timestamp() == 90000);
    CHECK(after.payload() == picture(40, 36));
}

TEST_CASE("what is lost upstream is a gap, which is filled when the packet comes late") {
    Viewer viewer;
    Source source(1);
    const Seen first = viewer.write(source.frame(65535, 1000, picture(5, 5)));
    const Seen third = viewer.write(source.frame(1, 1000, picture(5, 5)));
    const Seen second = viewer.write(source.frame(0, 1000, picture(5, 5)));
    CHECK(third.sequence() == static_cast<std::uint16_t>(first.sequence() + 2));
    CHECK(second.sequence() == static_cast<std::uint16_t>(first.sequence() + 1));
    CHECK(viewer.write(source.frame(0, 1000, picture(5, 5))).bytes.empty()); // twice
}

TEST_CASE("three sources in turn are one stream with one row of pictures") {
    Viewer viewer;
    Source a(1), b(2), c(2, 0x6000);
    const Seen first = viewer.write(a.frame(10, 1000, picture(0x7FFF, 255)));
    b.now += 100ms;
    c.now += 200ms;
    const Seen second = viewer.write(b.frame(50000, 77, picture(300, 30)));
    const Seen third = viewer.write(c.frame(3, 4'000'000'000, picture(12, 0)));
    CHECK(second.sequence() == static_cast<std::uint16_t>(first.sequence() + 1));
    CHECK(third.sequence() == static_cast<std::uint16_t>(first.sequence() + 2));
    CHECK(second.timestamp() - first.timestamp() == 9000);
    CHECK(third.timestamp() - second.timestamp() == 9000);
    CHECK(second.payload() == picture(0, 0));
    CHECK(third.payload() == picture(1, 1));
}

TEST_CASE("payloads of other codecs are not touched") {
    auto settings = vp8Settings(true);
    settings.encoding = "H264";
    Viewer viewer(settings);
    Source a(1), b(2);
    viewer.write(a.frame(1, 1, picture(5, 5)));
    CHECK(viewer.write(b.frame(1, 1, picture(900, 90))).payload() == picture(900, 90));
}

TEST_CASE("padding alone is not sent and is no gap") {
    Viewer viewer;
    Source source(1);
    const Seen before = viewer.write(source.frame(10, 1000, picture(5, 5)));
    CHECK(viewer.write(source.frame(11, 1000, {})).bytes.empty());
    const Seen after = viewer.write(source.frame(12, 1000, picture(6, 6)));
    CHECK(after.sequence() == static_cast<std::uint16_t>(before.sequence() + 1));
    CHECK(viewer.again(after.sequence()).payload(2) == picture(6, 6));
    CHECK(viewer.again(before.sequence()).payload(2) == picture(5, 5));
}

TEST_CASE("RTX repeats what was lost, before and after a switch, under numbers of its own") {
    Viewer viewer;
    Source a(1), b(2);
    const Packet delay{0x92, 1, 2, 3};
    const Seen first = viewer.write(a.frame(10, 1000, picture(100, 1), delay));
    b.now += 100ms;
    const Seen second = viewer.write(b.frame(5000, 77, picture(3, 3), {}, false));
    const Seen newer = viewer.again(second.sequence());
    const Seen older = viewer.again(first.sequence());
    for (const auto* pair : {&first, &second}) {
        const Seen& sent = *pair;
        const Seen& repeated = pair == &first ? older : newer;
        REQUIRE(repeated.bytes.size() == sent.bytes.size() + 2);
        CHECK(repeated.ssrc() == 0xEF01);
        CHECK((repeated.bytes[1] & 0x7F) == 97);
        CHECK((repeated.bytes[1] & 0x80) == (sent.bytes[1] & 0x80));
        CHECK(repeated.timestamp() == sent.timestamp());
        CHECK(readU16(&repeated.bytes[repeated.payloadAt()]) == sent.sequence());
        CHECK(repeated.payload(2) == sent.payload());
        CHECK(repeated.extension(4) == Packet{'1'});
        CHECK(repeated.extension(6) == sent.extension(6));
    }
    CHECK(older.sequence() == static_cast<std::uint16_t>(newer.sequence() + 1));
    CHECK(newer.extension(3) == Packet{0, 9});
    CHECK(older.extension(3) == Packet{0, 10});
    CHECK(viewer.stream.counters().retransmitted == 2);
    CHECK(viewer.stream.counters().packets == 2);
}

TEST_CASE("without RTX what is repeated is the same to the last bit, whenever that is") {
    Viewer viewer(vp8Settings(false));
    Source a(1), b(2);
    std::vector<Seen> sent{viewer.write(a.frame(10, 1000, picture(100, 1), {0x92, 1, 2, 3})),
                           viewer.write(a.frame(11, 1000, picture(100, 1))),
                           viewer.write(dropped(a.frame(50, 9000, picture(107, 8))))};
    b.now += 100ms;
    for (unsigned i = 0; i < 5; ++i)
        sent.push_back(viewer.write(b.frame(9000 + i, 500 + i, picture(7 + i, 7 + i))));
    viewer.now += 10s;
    for (const auto& one : sent)
        CHECK(viewer.again(one.sequence()).bytes == one.bytes);
    CHECK(sent[0].extension(2).empty());
    CHECK(sent[0].extension(3).empty());
    CHECK(viewer.transport == 7);
    CHECK(viewer.stream.settings().extensions.absSendTime == 0);
    CHECK(viewer.stream.report(viewer.now)->packets == 2 * sent.size());
}

TEST_CASE("a packet is not sent again within a round trip") {
    Viewer viewer;
    Source source(1);
    const auto sequence = viewer.write(source.frame(10, 1000, picture(5, 5))).sequence();
    CHECK_FALSE(viewer.again(sequence).bytes.empty());
    viewer.now += 49ms;
    CHECK(viewer.again(sequence).bytes.empty());
    viewer.now += 1ms;
    CHECK_FALSE(viewer.again(sequence).bytes.empty());
    viewer.stream.setRoundTrip(200ms);
    viewer.now += 199ms;
    CHECK(viewer.again(sequence).bytes.empty());
    viewer.now += 1ms;
    CHECK_FALSE(viewer.again(sequence).bytes.empty());
    viewer.stream.setRoundTrip(0ms); // nobody is that near
    CHECK(viewer.again(sequence).bytes.empty());
    viewer.stream.setRoundTrip(24h);
    viewer.now += 1s;
    CHECK_FALSE(viewer.again(sequence).bytes.empty());
    CHECK(viewer.stream.counters().retransmitted == 4);
    CHECK(viewer.stream.counters().unavailable == 0);
}

TEST_CASE("what is gone or was never sent is counted as unavailable") {
    Viewer viewer;
    Source source(1);
    const auto first = viewer.write(source.frame(10, 1000, picture(5, 5))).sequence();
    CHECK(viewer.again(static_cast<std::uint16_t>(first + 1)).bytes.empty());
    CHECK(viewer.again(static_cast<std::uint16_t>(first - 1)).bytes.empty());
    for (unsigned i = 1; i <= PacketRing::packets; ++i) {
        source.now += 1ms;
        viewer.write(source.frame(10 + i, 1000, picture(5, 5)));
    }
    CHECK(viewer.again(first).bytes.empty());
    CHECK(viewer.stream.counters().unavailable == 3);
    auto settings = vp8Settings(true);
    settings.nack = false;
    Viewer without(settings);
    const auto sequence = without.write(source.frame(10, 1000, picture(5, 5))).sequence();
    CHECK(without.again(sequence).bytes.empty());
}

TEST_CASE("a packet that does not fit is not sent, is a gap, and can be asked for") {
    Viewer viewer;
    Source source(1);
    const Seen before = viewer.write(source.frame(10, 1000, picture(5, 5)));
    const Frame frame = source.frame(11, 1000, picture(6, 6));
    Packet small(before.bytes.size() - 1);
    CHECK(viewer.stream.write(frame, viewer.transport, viewer.now, small) == 0);
    CHECK(viewer.transport == 8);
    const Seen after = viewer.write(source.frame(12, 1000, picture(7, 7)));
    CHECK(after.sequence() == static_cast<std::uint16_t>(before.sequence() + 2));
    Packet exact(before.bytes.size());
    const Frame next = source.frame(13, 1000, picture(7, 7));
    CHECK(viewer.stream.write(next, viewer.transport, viewer.now, exact) == exact.size());
}

TEST_CASE("padding fills a packet up to a size, and a receiver finds the same payload") {
    Viewer viewer;
    Source source(1);
    Seen seen = viewer.write(source.frame(10, 1000, picture(5, 5)));
    const std::size_t size = seen.bytes.size();
    for (const std::size_t more : {std::size_t{1}, std::size_t{255}}) {
        Packet padded = seen.bytes;
        padded.resize(size + more, 0xEE);
        REQUIRE(ViewerStream::pad(padded.data(), size, size + more) == size + more);
        const auto packet = rtp::readPacket(padded);
        REQUIRE(packet);
        CHECK(packet->payloadBytes == 200);
        CHECK(padded.back() == more);
    }
    const Packet before = seen.bytes;
    CHECK(ViewerStream::pad(seen.bytes.data(), size, size) == size);
    CHECK(ViewerStream::pad(seen.bytes.data(), size, size - 5) == size);
    CHECK(ViewerStream::pad(seen.bytes.data(), size, size + 256) == size);
    CHECK(seen.bytes == before);
}

TEST_CASE("a report relates RTP time to wall time and counts payload") {
    Viewer viewer;
    CHECK_FALSE(viewer.stream.report(Clock::now()));
    Source a(1), b(2);
    a.now = Clock::now();
    const Seen first = viewer.write(a.frame(10, 1000, picture(5, 5)));
    viewer.again(first.sequence()); // another SSRC's
    const auto report = viewer.stream.report(a.now + 2s);
    REQUIRE(report);
    CHECK(report->ssrc == 0xABCD);
    CHECK(report->packets == 1);
    CHECK(report->octets == 200);
    CHECK(report->rtpTime == first.timestamp() + 180000);
    const auto ahead = report->wallTime - std::chrono::system_clock::now();
    CHECK(ahead > 0s);
    CHECK(ahead <= 2s);
    // A source whose clock is elsewhere: nothing of the one before counts.
    b.now = a.now + 1s;
    const Seen second = viewer.write(b.frame(1, 3'000'000'000, picture(5, 5)));
    CHECK(viewer.stream.report(b.now)->rtpTime == second.timestamp());
    CHECK(viewer.stream.report(b.now)->packets == 2);
}

TEST_CASE("a report follows a clock that drifts, in steps of a window") {
    Viewer viewer;
    Source source(1);
    std::uint32_t timestamp = 0;
    Seen last;
    for (unsigned i = 0; i < 200; ++i) {
        source.now += 100ms;
        timestamp += 8990; // slower than it says
        last = viewer.write(source.frame(i, timestamp, picture(i, i)));
    }
    const auto off = static_cast<std::int32_t>(viewer.stream.report(source.now)->rtpTime - last.timestamp());
    CHECK(off >= 0);
    CHECK(off <= 50 * 10); // of 200 * 10 over all
}

TEST_CASE("a report tells when a packet was captured, as its publisher does, not when it came") {
    using spillway::relay::rtp::CaptureClock;
    const auto senders = std::make_shared<rtp::SenderClocks>(rtp::SenderClocks::Senders::one);
    const auto captured = std::make_shared<CaptureClock>(senders, Clock::time_point(1h));
    Source source(1);
    source.format = std::make_shared<StreamFormat>(source.format->caps.get(), 1, captured);
    Viewer viewer;
    const auto late = [&](const Seen& last) {
        const auto behind =
            static_cast<std::int32_t>(viewer.stream.report(source.now)->rtpTime - last.timestamp());
        return std::chrono::milliseconds(behind / 90);
    };
    source.now += 1s;
    CHECK(late(viewer.write(source.frame(1, 90'000, picture(1, 1)))) == 0ms);
    CHECK_FALSE(viewer.stream.mayReport(source.now));
    // 600 ms later than its capture; the report itself came at once.
    captured->onReport({0x5000, std::uint64_t{77} << 32U, 90'000, "alice"}, source.now - 600ms, 90'000);
    CHECK(viewer.stream.mayReport(source.now));
    source.now += 1s;
    CHECK(late(viewer.write(source.frame(2, 180'000, picture(2, 2)))) == 600ms);
    // What no stream can be late by, is of another clock.
    captured->onReport({0x5000, std::uint64_t{78} << 32U, 4'000'000, "alice"}, source.now, 90'000);
    CHECK(late(viewer.write(source.frame(3, 180'000, picture(3, 3)))) == 0ms);
}

TEST_CASE("a publisher that reports nothing is related to time by arrivals, some seconds after it began") {
    const auto senders = std::make_shared<rtp::SenderClocks>(rtp::SenderClocks::Senders::one);
    Source source(1);
    source.format = std::make_shared<StreamFormat>(source.format->caps.get(), 1,
                                                   std::make_shared<rtp::CaptureClock>(senders, source.now));
    Viewer viewer;
    const Seen first = viewer.write(source.frame(1, 90'000, picture(1, 1)));
    CHECK_FALSE(viewer.stream.mayReport(source.now + 3900ms));
    CHECK(viewer.stream.mayReport(source.now + 4s));
    CHECK(viewer.stream.report(source.now)->rtpTime == first.timestamp());
}
