#include "relay/outputs/webrtc/worker/channel.h"

#include "support/catch.h"

#include "relay/outputs/webrtc/packets.h"
#include "relay/port/socket_fixture.h"

#include <functional>

using namespace spillway::relay;
using namespace spillway::relay::webrtc;
using namespace std::chrono_literals;

namespace {

ChannelSetup setUp(const std::shared_ptr<Feed>& feed, const std::shared_ptr<Share>& share,
                   std::vector<WishReason>& wishes) {
    ChannelSetup setup;
    setup.stream.encoding = "VP8";
    setup.stream.payloadType = 96;
    setup.stream.ssrc = 0xABCD;
    setup.stream.nack = true;
    setup.stream.rtxPayloadType = 97;
    setup.stream.rtxSsrc = 0xEF01;
    setup.stream.cname = "alice";
    setup.feed = feed;
    setup.share = share;
    setup.wish = [&wishes](WishReason reason) { wishes.push_back(reason); };
    return setup;
}

/// A viewer's end of the wire, and a publisher's queue at the other.
struct Fixture {
    Fixture() {
        GstCaps* caps =
            gst_caps_from_string("application/x-rtp,media=video,encoding-name=VP8,clock-rate=90000");
        source.format = std::make_shared<const StreamFormat>(caps, 1);
        gst_caps_unref(caps);
    }

    void publish(std::size_t payloadBytes = 100, bool keyframe = true) {
        Frame frame = source.frame(sequence, 3000 * sequence, Packet(payloadBytes, 0x55));
        ++sequence;
        frame.keyframe = keyframe;
        source.now += std::chrono::milliseconds(1);
        feed->queue()->push(frame);
    }
    /// As the worker does.
    void pass(const std::function<void(const Batch&)>& to) {
        Batch batch;
        while (feed->take(batch) > 0) {
            to(batch);
            sockets.flush();
            feed->settle(batch);
        }
    }
    void send() {
        pass([this](const Batch& batch) { CHECK(channel.send(batch, wire, source.now)); });
    }
    void keepBack() {
        pass([this](const Batch& batch) { channel.keepBack(batch); });
    }
    void serve() {
        while (channel.serve(wire, source.now).value() > 0) {
        }
    }
    /// So many packets of one frame.
    void frame(bool keyframe, int packets) {
        for (int i = 0; i < packets; ++i) {
            Frame frame = source.frame(sequence++, timestamp, Packet(100, 0x55));
            frame.keyframe = keyframe && i == 0;
            source.now += 1ms;
            frame.arrived = source.now;
            feed->queue()->push(frame);
        }
        timestamp += 3000;
    }
    /// Once a second, of 100 packets each.
    void reportFor(std::chrono::seconds time, double loss) {
        for (auto second = 0s; second < time; second += 1s) {
            source.now += 1s;
            reported.ssrc = 0xABCD;
            reported.highestSequence += 100;
            reported.lost += static_cast<std::int32_t>(100 * loss);
            channel.onReport(reported, source.now);
        }
    }
    std::uint64_t dropped(DropReason why) const {
        return share->stats().dropped.at(static_cast<std::size_t>(why));
    }
    /// But for RTCP.
    std::vector<Packet> arrived() const {
        std::vector<Packet> packets;
        while (client.hasMore()) {
            auto packet = client.receive().value();
            if (port::kindOf(packet) == port::DatagramKind::rtp) packets.push_back(std::move(packet));
        }
        return packets;
    }

    webrtc::Source source{1};
    unsigned sequence = 100;
    std::uint32_t timestamp = 1000;
    rtp::ReceptionReport reported;
    std::vector<WishReason> wishes;
    std::shared_ptr<Feed> feed =
        std::make_shared<Feed>(Feed::Setup{.bounds = {4096, 1024 * 1024, std::chrono::seconds(5)}});
    std::shared_ptr<Share> share = std::make_shared<Share>(feed->queue(), wideQueue());
    port::Sockets sockets{{SocketAddress::parse("127.0.0.1")->withPort(0)}};
    spillway::test::UdpClient client{sockets.boundAddresses().front(), "127.0.0.1"};
    srtp::Session srtp{{srtp::Profile::aeadAes128Gcm, Packet(28, 1), Packet(28, 2)}};
    Wire wire{sockets, srtp, {client.address(), sockets.boundAddresses().front(), 0}, 0};
    Channel channel{setUp(feed, share, wishes)};
};

/// Of RTP with that much payload: header, payload, tag (RFC 7714 section 14.2).
constexpr std::size_t sizeWith(std::size_t payload) {
    return 12 + payload + 16;
}

std::vector<std::size_t> sizesOf(const std::vector<Packet>& packets) {
    std::vector<std::size_t> sizes;
    for (const Packet& packet : packets)
        sizes.push_back(packet.size());
    return sizes;
}

} // namespace

TEST_CASE("a publisher's packet may be as long as its network lets it, and a longer one is left out alone") {
    Fixture f;
    for (const std::size_t payload : {1U, 1388U, 1389U, 1450U, 1472U, 60000U, 1200U})
        f.publish(payload);
    f.send();
    CHECK(sizesOf(f.arrived()) == std::vector{sizeWith(1), sizeWith(1388), sizeWith(1389), sizeWith(1450),
                                              sizeWith(1472), sizeWith(1200)});
    CHECK(f.share->stats().delivered == 6);
    CHECK(f.dropped(DropReason::writeError) == 1);
}

TEST_CASE("a viewer that wants a keyframe gets the last one again, then one of the publisher's every 3 s") {
    Fixture f;
    f.frame(true, 3);
    f.frame(false, 3);
    f.send();
    REQUIRE(f.arrived().size() == 6);
    f.channel.onKeyframeWanted(f.wire, f.source.now);
    f.sockets.flush(f.wire.path);
    CHECK(f.arrived().size() == 3);
    CHECK(f.wishes.empty());
    for (const auto end = f.source.now + 30s; f.source.now < end; f.source.now += 50ms) {
        f.channel.onKeyframeWanted(f.wire, f.source.now);
        f.channel.tick(f.wire, f.source.now);
    }
    CHECK(f.wishes == std::vector(10, WishReason::viewer));
}

TEST_CASE("a viewer whose queue drops gets a keyframe by the same allowance, and asks until it comes") {
    Fixture f;
    f.frame(true, 1);
    f.send();
    for (const auto end = f.source.now + 9s; f.source.now < end; f.source.now += 49ms) {
        f.frame(false, 1100);
        f.keepBack();
        f.serve();
    }
    CHECK(f.wishes == std::vector(3, WishReason::drop));
    f.frame(true, 1);
    f.keepBack();
    f.serve();
    f.source.now += 10s;
    f.channel.tick(f.wire, f.source.now);
    CHECK(f.wishes.size() == 3);
}

TEST_CASE("over a path that loses a third only keyframes go out, without a gap, until it is well") {
    Fixture f;
    f.frame(true, 2);
    f.send();
    std::uint16_t last = readU16(&f.arrived().back()[2]);
    f.reportFor(7s, 0.3);
    for (const bool keyframe : {false, false, true, false})
        f.frame(keyframe, 2);
    f.send();
    const auto thin = f.arrived();
    REQUIRE(thin.size() == 2);
    CHECK(readU16(&thin[0][2]) == static_cast<std::uint16_t>(last + 1));
    CHECK(f.dropped(DropReason::congested) == 6);

    CHECK(f.wishes.empty());
    f.reportFor(7s, 0);
    CHECK_FALSE(f.wishes.empty());
    f.frame(false, 2);
    f.frame(true, 2);
    f.frame(false, 2);
    f.send();
    const auto whole = f.arrived();
    REQUIRE(whole.size() == 4);
    CHECK(readU16(&whole[0][2]) == static_cast<std::uint16_t>(last + 3));
    CHECK_FALSE(f.channel.isBroken());
}

TEST_CASE("retransmissions of long packets are whole, however many wait in one burst") {
    constexpr std::size_t originalSequence = 2; // RFC 4588 section 4
    Fixture f;
    for (int i = 0; i < 64; ++i)
        f.publish(1472);
    f.send();
    const auto sent = f.arrived();
    REQUIRE(sent.size() == 64);
    for (const Packet& packet : sent)
        f.channel.retransmit(readU16(&packet[2]), f.wire, f.source.now);
    f.sockets.flush(f.wire.path);
    CHECK(sizesOf(f.arrived()) == std::vector(64, sizeWith(1472 + originalSequence)));
}

TEST_CASE("what a viewer cannot take waits in its own queue, and what comes later does not overtake it") {
    Fixture f;
    f.publish();
    f.keepBack();
    CHECK(f.channel.isBehind());
    CHECK(f.share->own().stats().queuedBuffers == 1);
    CHECK(f.share->stats().queuedBuffers == 1);
    CHECK(f.arrived().empty());
    f.publish();
    f.keepBack();
    f.serve();
    CHECK_FALSE(f.channel.isBehind());
    f.publish();
    f.send();
    const auto arrived = f.arrived();
    REQUIRE(arrived.size() == 3);
    for (std::size_t i = 1; i < arrived.size(); ++i)
        CHECK(readU16(&arrived[i][2]) == static_cast<std::uint16_t>(readU16(&arrived[i - 1][2]) + 1));
    CHECK(f.share->stats().delivered == 3);
    CHECK(f.share->own().stats().delivered == 2);
}

TEST_CASE(
    "a viewer that was behind takes what comes again from a keyframe on, without a gap in its numbers") {
    Fixture f;
    f.publish();
    f.send();
    for (int i = 0; i < 1100; ++i) {
        f.publish(100, false);
        f.keepBack();
    }
    f.serve();
    CHECK(f.channel.isBehind());
    f.publish(100, false);
    f.keepBack();
    f.publish();
    f.keepBack();
    f.serve();
    CHECK_FALSE(f.channel.isBehind());
    f.publish(100, false);
    f.send();
    const auto arrived = f.arrived();
    REQUIRE(arrived.size() == 3);
    CHECK(readU16(&arrived[2][2]) == static_cast<std::uint16_t>(readU16(&arrived[0][2]) + 2));
    const auto stats = f.share->stats();
    CHECK(stats.received == 1104);
    CHECK(stats.delivered == 3);
    CHECK(stats.droppedTotal() == 1101);
}
