#include "relay/outputs/webrtc/worker/channel.h"

#include "support/catch.h"

#include "relay/outputs/webrtc/packets.h"
#include "relay/port/socket_fixture.h"

using namespace spillway::relay;
using namespace spillway::relay::webrtc;

namespace {

ChannelSetup setUp(std::shared_ptr<FrameQueue> queue) {
    ChannelSetup setup;
    setup.stream.encoding = "VP8";
    setup.stream.payloadType = 96;
    setup.stream.ssrc = 0xABCD;
    setup.stream.nack = true;
    setup.stream.rtxPayloadType = 97;
    setup.stream.rtxSsrc = 0xEF01;
    setup.stream.cname = "alice";
    setup.queue = std::move(queue);
    setup.ring = std::make_shared<PacketRing>();
    setup.wish = [](WishReason) {};
    setup.stats = std::make_shared<ChannelStats>();
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

    void publish(std::size_t payloadBytes) {
        Frame frame = source.frame(sequence, 3000 * sequence, Packet(payloadBytes, 0x55));
        ++sequence;
        frame.keyframe = true;
        source.now += std::chrono::milliseconds(1);
        queue->push(frame);
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

    Source source{1};
    unsigned sequence = 100;
    std::shared_ptr<FrameQueue> queue = std::make_shared<FrameQueue>(
        QueueBounds{1024, 1024 * 1024, std::chrono::seconds(5), QueuePolicy::dropToKeyframe},
        FrameQueue::Hooks{}, FrameQueue::Start::anywhere);
    port::Sockets sockets{{SocketAddress::parse("127.0.0.1")->withPort(0)}};
    spillway::test::UdpClient client{sockets.boundAddresses().front(), "127.0.0.1"};
    srtp::Session srtp{{srtp::Profile::aeadAes128Gcm, Packet(28, 1), Packet(28, 2)}};
    Wire wire{sockets, srtp, {client.address(), sockets.boundAddresses().front(), 0}, 0};
    Channel channel{setUp(queue)};
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
    f.channel.serve(f.wire, f.source.now);
    CHECK(sizesOf(f.arrived()) == std::vector{sizeWith(1), sizeWith(1388), sizeWith(1389), sizeWith(1450),
                                              sizeWith(1472), sizeWith(1200)});
}

TEST_CASE("retransmissions of long packets are whole, however many wait in one burst") {
    constexpr std::size_t originalSequence = 2; // RFC 4588 section 4
    Fixture f;
    for (int i = 0; i < 64; ++i)
        f.publish(1472);
    f.channel.serve(f.wire, f.source.now);
    const auto sent = f.arrived();
    REQUIRE(sent.size() == 64);
    for (const Packet& packet : sent)
        f.channel.retransmit(readU16(&packet[2]), f.wire, f.source.now);
    f.sockets.flush(f.wire.path);
    CHECK(sizesOf(f.arrived()) == std::vector(64, sizeWith(1472 + originalSequence)));
}
