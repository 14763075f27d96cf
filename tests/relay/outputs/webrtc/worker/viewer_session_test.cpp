#include "relay/outputs/webrtc/worker/viewer_session.h"

#include "relay/rtp/sender_report.h"
#include "support/catch.h"

#include "relay/outputs/webrtc/packets.h"
#include "relay/outputs/webrtc/transport/dtls_client.h"
#include "relay/port/ice_client.h"
#include "relay/port/socket_fixture.h"
#include "relay/srtp/srtp_client.h"

#include <gst/gst.h>

using namespace spillway::relay;
using namespace spillway::relay::webrtc;
using namespace spillway::relay::port::test;
using namespace spillway::relay::srtp::test;
using namespace spillway::relay::webrtc::test;
using namespace std::chrono_literals;
using spillway::test::UdpClient;

namespace {

constexpr std::uint32_t ssrc = 0xABCD;
constexpr std::uint32_t senderSsrc = 0x77; ///< of the viewer's RTCP

const DtlsContext& dtlsContext() {
    static const DtlsContext made(dtls::ourIdentity());
    return made;
}

std::shared_ptr<const StreamFormat> formatOf(const char* encoding) {
    GstCaps* caps = gst_caps_new_simple("application/x-rtp", "media", G_TYPE_STRING, "video", "clock-rate",
                                        G_TYPE_INT, 90000, "encoding-name", G_TYPE_STRING, encoding, nullptr);
    auto format = std::make_shared<const StreamFormat>(caps, 1);
    gst_caps_unref(caps);
    return format;
}

DtlsClient::Settings withGcm() {
    DtlsClient::Settings settings;
    settings.profiles = "SRTP_AEAD_AES_128_GCM";
    return settings;
}

/// One session, and all that a viewer of it has. Time is what the test says.
struct Stage {
    Stage() { source.format = formatOf("VP8"); }

    SessionSetup setUp() {
        SessionSetup setup;
        setup.id = 1;
        setup.ours = ours;
        setup.theirs = theirs;
        setup.fingerprint = dtls.fingerprint();
        setup.stats = stats;
        setup.onConnected = [this] {
            ++connected;
            std::vector<ChannelSetup> channels;
            channels.push_back(channel());
            session->play(std::move(channels));
        };
        setup.onEnded = [](const std::string&) {};
        return setup;
    }
    ChannelSetup channel() {
        ChannelSetup channel;
        channel.stream.encoding = "VP8";
        channel.stream.payloadType = 96;
        channel.stream.ssrc = ssrc;
        channel.stream.nack = true;
        channel.stream.cname = "alice";
        channel.feed = feed;
        channel.share = share;
        channel.wish = [this](WishReason reason) { wishes.push_back(reason); };
        return channel;
    }

    /// Hands over what has come from the viewer's addresses.
    void deliver() {
        for (auto& [datagram, path] : spillway::test::receive(sockets)) {
            if (port::kindOf(datagram) == port::DatagramKind::stun)
                session->onStun(datagram, path, now, [this] { ++selected; });
            else
                session->onDatagram(port::kindOf(datagram), datagram, path, now);
        }
    }
    void send(const UdpClient& from, const Message& message) {
        from.send(message);
        deliver();
    }
    /// What came to the viewer at this address.
    static std::vector<Datagram> arrived(const UdpClient& at) {
        std::vector<Datagram> all;
        while (at.hasMore())
            all.push_back(at.receive().value());
        return all;
    }
    /// As an ICE agent answers what came; how many checks that were.
    int answerChecks(const UdpClient& at) {
        int checks = 0;
        for (const Datagram& datagram : arrived(at)) {
            if (!isCheck(datagram)) continue;
            send(at, ice.answer(datagram, sockets.boundAddresses().front()));
            ++checks;
        }
        return checks;
    }
    void nominate(const UdpClient& from) {
        send(from, ice.nomination());
        REQUIRE(answerChecks(from) == 1);
        REQUIRE(session->path()->remote == from.address());
    }
    void pass(Clock::duration time) {
        for (const auto end = now + time; now < end;) {
            now += 50ms;
            session->tick(now);
        }
    }
    void handshake(DtlsClient& who, const UdpClient& from) {
        std::vector<Datagram> flight = who.start();
        while (!flight.empty()) {
            for (const Datagram& record : flight)
                send(from, record);
            flight.clear();
            for (const Datagram& record : arrived(from))
                for (Datagram& reply : who.receive(record))
                    flight.push_back(std::move(reply));
        }
    }
    void shakeHands(const UdpClient& from) {
        handshake(dtls, from);
        REQUIRE(dtls.connected());
        srtp.emplace(dtls.serverKeys());
    }
    void connect() {
        nominate(client);
        shakeHands(client);
        REQUIRE(connected == 1);
    }

    void publish(unsigned count = 1) {
        for (; count > 0; --count) {
            Frame frame = source.frame(sequence, 3000 * sequence, Packet(100, 0x55));
            ++sequence;
            frame.arrived = now;
            frame.keyframe = true;
            feed->queue()->push(frame);
        }
        Batch batch;
        while (feed->take(batch) > 0) {
            session->pass(*session->channels().front(), batch, now);
            sockets.flush();
            feed->settle(batch);
        }
    }
    /// Sequence numbers of the media that came to an address and could be decrypted.
    std::vector<std::uint16_t> media(const UdpClient& at) {
        std::vector<std::uint16_t> sequences;
        for (const Datagram& datagram : arrived(at)) {
            if (port::kindOf(datagram) != port::DatagramKind::rtp) continue;
            const auto packet = srtp->unprotect(datagram);
            if (!packet.empty() && readU32(&packet[8]) == ssrc) sequences.push_back(readU16(&packet[2]));
        }
        return sequences;
    }
    /// RTCP of the viewer's, from one of its addresses.
    void report(const UdpClient& from, std::uint8_t format, std::uint8_t type, const Packet& rest) {
        Packet packet{static_cast<std::uint8_t>(0x80U | format), type, 0,
                      static_cast<std::uint8_t>(1 + rest.size() / 4)};
        packet.resize(8);
        writeU32(&packet[4], senderSsrc);
        packet.insert(packet.end(), rest.begin(), rest.end());
        send(from, srtp->protectRtcp(packet));
    }

    Clock::time_point now{1h};
    std::shared_ptr<Feed> feed =
        std::make_shared<Feed>(Feed::Setup{.slot = 3, .bounds = wideQueue()->bounds()});
    std::shared_ptr<Share> share = std::make_shared<Share>(feed->queue(), wideQueue());
    std::shared_ptr<ViewerStats> stats = std::make_shared<ViewerStats>();
    std::vector<WishReason> wishes;
    int connected = 0;
    int selected = 0;
    webrtc::Source source{1};
    unsigned sequence = 100;

    port::Sockets sockets{{SocketAddress::parse("127.0.0.1")->withPort(0)}};
    UdpClient client{sockets.boundAddresses().front(), "127.0.0.1"};
    UdpClient other{sockets.boundAddresses().front(), "127.0.0.1"};
    IceClient ice;
    DtlsClient dtls{withGcm()};
    std::optional<SrtpClient> srtp;
    std::optional<ViewerSession> session{std::in_place, setUp(), tag, dtlsContext(), sockets, now};
};

Packet words(std::initializer_list<std::uint32_t> values) {
    Packet bytes(4 * values.size());
    std::size_t at = 0;
    for (const std::uint32_t value : values) {
        writeU32(&bytes[at], value);
        at += 4;
    }
    return bytes;
}

} // namespace

TEST_CASE("a viewer that checks, nominates and shakes hands gets media that it can read") {
    Stage stage;
    stage.connect();
    CHECK(stage.selected == 1);
    CHECK(stage.stats->address() == stage.client.address().text());
    stage.publish(3);
    const auto sequences = stage.media(stage.client);
    REQUIRE(sequences.size() == 3);
    CHECK(sequences[2] == static_cast<std::uint16_t>(sequences[0] + 2));
    CHECK(stage.share->reading().counters.packets == 3);
    CHECK(stage.session->ended().empty());
}

TEST_CASE("until it nominates, a viewer is checked back on each path, and on none after that") {
    Stage stage;
    for (const UdpClient* from : {&stage.client, &stage.other}) {
        stage.send(*from, stage.ice.check());
        const auto arrived = Stage::arrived(*from);
        REQUIRE(arrived.size() == 2);
        CHECK(stage.ice.read(arrived[0]).mapped == from->address());
        CHECK(stage.ice.readCheck(arrived[1]).controlled);
    }
    stage.nominate(stage.client);
    stage.send(stage.other, stage.ice.check());
    CHECK(Stage::arrived(stage.other).size() == 1);
}

TEST_CASE("only the selected path may speak DTLS") {
    Stage stage;
    stage.nominate(stage.client);
    DtlsClient stranger(withGcm());
    for (const Datagram& record : stranger.start())
        stage.send(stage.other, record);
    CHECK(Stage::arrived(stage.other).empty());
    stage.shakeHands(stage.client);
    CHECK(stage.connected == 1);
}

TEST_CASE("before a path is selected nothing but checks is answered") {
    Stage stage;
    for (const Datagram& record : stage.dtls.start())
        stage.send(stage.client, record);
    stage.send(stage.client, Packet{0x80, 200, 0, 1, 0, 0, 0, 1});
    CHECK(Stage::arrived(stage.client).empty());
}

TEST_CASE("media follows a viewer that nominates another path") {
    Stage stage;
    stage.connect();
    stage.publish();
    CHECK(stage.media(stage.client).size() == 1);
    stage.nominate(stage.other);
    CHECK(stage.selected == 2);
    CHECK(stage.stats->address() == stage.other.address().text());
    stage.publish();
    CHECK(stage.media(stage.other).size() == 1);
    CHECK(Stage::arrived(stage.client).empty());
}

TEST_CASE("a nomination that seems to come from elsewhere moves nothing, and brings little") {
    Stage stage;
    stage.connect();
    stage.send(stage.other, stage.ice.nomination());
    const auto brought = Stage::arrived(stage.other);
    REQUIRE(brought.size() == 2);
    // The check first: its answer is here before the DTLS that the reply sets free.
    CHECK(stage.ice.readCheck(brought[0]).controlled);
    CHECK(stage.ice.read(brought[1]).mapped == stage.other.address());
    stage.publish();
    CHECK(stage.media(stage.client).size() == 1);
    stage.pass(20s);
    CHECK(Stage::arrived(stage.other).size() == port::IceLite::maxRetries);
    CHECK(stage.session->path()->remote == stage.client.address());
    CHECK(stage.stats->address() == stage.client.address().text());
}

TEST_CASE("media follows within 2 s, also when an answer is lost") {
    Stage stage;
    stage.connect();
    stage.send(stage.other, stage.ice.nomination());
    Stage::arrived(stage.other);
    stage.pass(1s);
    CHECK(stage.answerChecks(stage.other) == 1);
    CHECK(stage.selected == 2);
    stage.publish();
    CHECK(stage.media(stage.other).size() == 1);
    stage.pass(700ms);                                // the keyframe is too old to be sent again
    stage.report(stage.other, 1, 206, words({ssrc})); // RFC 4585 section 6.3.1
    CHECK(stage.wishes == std::vector{WishReason::viewer});
}

TEST_CASE("a viewer stays as long as it answers, and not for its own checks") {
    Stage stage;
    stage.connect();
    for (int i = 0; i < 90; ++i) {
        stage.pass(1s);
        stage.answerChecks(stage.client);
    }
    REQUIRE(stage.session->ended().empty());
    for (int i = 0; i < 31; ++i) {
        stage.send(stage.client, i % 2 == 0 ? stage.ice.check() : stage.ice.nomination());
        stage.pass(1s);
    }
    CHECK(stage.session->ended() == "the viewer is gone");
}

TEST_CASE("a viewer whose path is another's ends, and sends nothing there any more") {
    Stage stage;
    stage.connect();
    Stage::arrived(stage.client);
    stage.session->losePath();
    CHECK_FALSE(stage.session->ended().empty());
    CHECK_FALSE(stage.session->path());
    stage.publish();
    stage.send(stage.client, stage.ice.nomination());
    stage.session.reset();
    CHECK(Stage::arrived(stage.client).empty());
}

TEST_CASE("what a viewer reports is heeded from its path alone, and only with its keys") {
    constexpr std::uint8_t payloadFeedback = 206, transportFeedback = 205; // RFC 4585 section 6.1
    Stage stage;
    stage.connect();
    stage.publish(3);
    std::vector<Datagram> sent;
    for (Datagram& datagram : Stage::arrived(stage.client))
        if (port::kindOf(datagram) == port::DatagramKind::rtp) sent.push_back(std::move(datagram));
    REQUIRE(sent.size() == 3);
    stage.pass(700ms); // the keyframe is too old to be sent again
    Stage::arrived(stage.client);

    stage.report(stage.other, 1, payloadFeedback, words({ssrc}));
    CHECK(stage.wishes.empty());
    stage.report(stage.client, 1, payloadFeedback, words({ssrc}));
    CHECK(stage.wishes == std::vector{WishReason::viewer});
    stage.report(stage.client, 1, payloadFeedback, words({ssrc + 1}));
    CHECK(stage.wishes.size() == 1);

    const std::uint32_t lost = readU16(&sent[1][2]);
    stage.report(stage.client, 1, transportFeedback, words({ssrc, lost << 16U}));
    // Without RTX it is the same to the last bit: with AES-GCM anything else would give away the key.
    CHECK(Stage::arrived(stage.client) == std::vector<Datagram>{sent[1]});
    CHECK(stage.share->reading().counters.retransmitted == 1);

    const auto remb = std::uint32_t{0x52454D42};
    stage.report(stage.client, 15, payloadFeedback,
                 words({0, remb, 0x01000000U | (2U << 18U) | 1000U, ssrc}));
    CHECK(stage.stats->bandwidth == 4000);

    stage.send(stage.client, Packet{0x80, 201, 0, 1, 0, 0, 0, 1, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9});
    CHECK(stage.session->ended().empty());
}

TEST_CASE("a session ends by itself, with the reason") {
    Stage stage;
    const auto endsAfter = [&](std::chrono::seconds time) {
        stage.session->tick(stage.now + time - 1s);
        CHECK(stage.session->ended().empty());
        stage.session->tick(stage.now + time);
        return stage.session->ended();
    };
    SECTION("nobody comes") {
        CHECK(endsAfter(10s) == "the viewer did not come");
    }
    SECTION("ICE without DTLS") {
        stage.now += 8s;
        stage.nominate(stage.client);
        CHECK(endsAfter(2s) == "no DTLS handshake in time");
    }
    SECTION("consent is not renewed") {
        stage.connect();
        CHECK(endsAfter(30s) == "the viewer is gone");
    }
    SECTION("the viewer closes") {
        stage.connect();
        for (const Datagram& record : stage.dtls.close())
            stage.send(stage.client, record);
        CHECK(stage.session->ended() == "the viewer left");
    }
    SECTION("the track becomes another") {
        stage.connect();
        stage.source.format = formatOf("H264");
        stage.publish();
        CHECK(stage.session->ended() == "the track has another codec now");
        CHECK(stage.media(stage.client).empty());
    }
    SECTION("the certificate is not that of the offer") {
        DtlsClient impostor(withGcm());
        stage.nominate(stage.client);
        stage.handshake(impostor, stage.client);
        CHECK(stage.session->ended().substr(0, 6) == "DTLS: ");
        CHECK(stage.connected == 0);
    }
}

TEST_CASE("a session that is thrown away says good-bye") {
    Stage stage;
    stage.connect();
    stage.publish();
    CHECK(stage.media(stage.client).size() == 1);
    stage.session.reset();
    bool bye = false;
    for (const Datagram& datagram : Stage::arrived(stage.client)) {
        if (port::kindOf(datagram) == port::DatagramKind::dtls) stage.dtls.receive(datagram);
        if (port::kindOf(datagram) == port::DatagramKind::rtcp)
            bye = !stage.srtp->unprotectRtcp(datagram).empty() || bye;
    }
    CHECK(bye);
    CHECK(stage.dtls.closed());
}
