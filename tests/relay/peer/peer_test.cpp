#include "relay/peer/peer.h"

#include "relay/net/socket_address.h"
#include "relay/support/peers.h"
#include "support/catch.h"
#include "support/leak_guard.h"
#include "support/turns.h"

using namespace spillway;
using namespace spillway::relay;
using namespace spillway::test;

namespace {

/// Publisher and receiver, media flowing.
struct Session {
    explicit Session(std::chrono::milliseconds mediaTimeout = 15s,
                     PublisherSettings settings = smallPublisher())
        : publisher(std::make_unique<Publisher>(loop, std::move(settings)))
        , receiver(loop, mediaTimeout) {}

    void connect() {
        const LocalDescription answer = receiver.answer(loop, offerOf(loop, *publisher));
        INFO((answer.error ? answer.error->detail : ""));
        REQUIRE_FALSE(answer.error);
        REQUIRE(publisher->answer(answer.sdp));
        REQUIRE(flows(MediaKind::video, 10));
    }

    bool flows(MediaKind kind, std::uint64_t buffers, std::chrono::milliseconds deadline = 10s) {
        const std::uint64_t before = receiver.sinks->buffers(kind);
        return loop.runUntil([&] { return receiver.sinks->buffers(kind) >= before + buffers; }, deadline);
    }

    Loop loop;
    std::unique_ptr<Publisher> publisher;
    Receiver receiver;
};

struct UdpSocket {
    int receiveBuffer = 0;
};

/// This process's own that are bound to a port of the range.
std::vector<UdpSocket> udpSockets(std::uint16_t first, std::uint16_t last) {
    std::vector<UdpSocket> found;
    for (int fd = 0; fd < 1024; ++fd) {
        sockaddr_storage bound{};
        socklen_t size = sizeof bound;
        if (::getsockname(fd, reinterpret_cast<sockaddr*>(&bound), &size) != 0) continue;
        const auto port = SocketAddress::of(reinterpret_cast<sockaddr*>(&bound)).port();
        if (port < first || port > last) continue;
        UdpSocket socket;
        size = sizeof socket.receiveBuffer;
        ::getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &socket.receiveBuffer, &size);
        found.push_back(socket);
    }
    return found;
}

} // namespace

TEST_CASE("a publisher's picture and tone arrive on pads of their own m-lines") {
    Session session;
    session.connect();
    REQUIRE(session.flows(MediaKind::audio, 10));

    CHECK(session.receiver.connected == 1);
    CHECK(session.receiver.peer->connected());
    CHECK_FALSE(session.receiver.lost);
    REQUIRE(session.receiver.sinks->all().size() == 2);
    CHECK(session.receiver.sinks->of(MediaKind::video)->mid == "video0");
    CHECK(session.receiver.sinks->of(MediaKind::video)->encoding == "VP8");
    CHECK(session.receiver.sinks->of(MediaKind::audio)->mid == "audio1");
    CHECK(session.receiver.sinks->of(MediaKind::audio)->encoding == "OPUS");
}

TEST_CASE("an answer has all candidates, RTX, NACK and the transport-wide sequence numbers of the offer") {
    Loop loop;
    Publisher publisher(loop, smallPublisher());
    Receiver receiver(loop);
    const std::string offer = offerOf(loop, publisher);
    const LocalDescription answer = receiver.answer(loop, offer);
    REQUIRE_FALSE(answer.error);
    for (const char* text :
         {"a=rtpmap:97 rtx/90000", "a=rtcp-fb:96 nack\r\n", "a=rtcp-fb:96 nack pli\r\n",
          "a=rtcp-fb:96 transport-cc\r\n", "a=extmap:1 http://www.ietf.org/id/draft-holmer-rmcat",
          " 127.0.0.1 ", "typ host", "a=end-of-candidates", "a=recvonly"}) {
        INFO(text << " in\n" << answer.sdp << "\nfor\n" << offer);
        CHECK(answer.sdp.find(text) != std::string::npos);
    }
    CHECK_FALSE(receiver.peer->remoteUfrag().empty());
}

TEST_CASE("no SSRC that a publisher names stays with GStreamer for the life of the process") {
    Loop loop;
    Publisher publisher(loop, smallPublisher());
    Receiver receiver(loop);
    std::string offer = offerOf(loop, publisher);
    offer.insert(offer.find("a=sendonly"), "a=ssrc:4244242 cname:alice\r\n");
    REQUIRE_FALSE(receiver.answer(loop, offer).error);
    CHECK(g_quark_try_string("ssrc-4244242-cname") == 0);
}

TEST_CASE("a peer with a port of its own gets it from the range, and buffers for a keyframe at once") {
    Session session;
    session.receiver.settings.portRange = config::PortRange{47100, 47119};
    session.receiver.peer =
        std::make_unique<Peer>(session.loop, session.receiver.settings, session.receiver.events());
    session.connect();
    const auto sockets = udpSockets(47100, 47119);
    REQUIRE(sockets.size() == 1);
    CHECK(sockets.front().receiveBuffer >= 8 * 1024 * 1024);
}

TEST_CASE("a peer for which the range has no port left answers with an error") {
    Session session;
    session.receiver.settings.portRange = config::PortRange{47120, 47120};
    const std::string offer = offerOf(session.loop, *session.publisher);
    std::vector<std::unique_ptr<Peer>> peers;
    std::optional<LocalDescription> refused;
    for (int i = 0; i < 2; ++i) {
        session.receiver.peer =
            std::make_unique<Peer>(session.loop, session.receiver.settings, session.receiver.events());
        const LocalDescription answer = session.receiver.answer(session.loop, offer);
        if (answer.error) refused = answer;
        peers.push_back(std::move(session.receiver.peer));
    }
    REQUIRE(refused);
    CHECK_THAT(refused->error->detail, Catch::Contains("no port"));
}

TEST_CASE("a certificate that the offer does not name lets not one packet pass") {
    Session session;
    std::string offer = offerOf(session.loop, *session.publisher);
    for (auto at = offer.find("a=fingerprint:"); at != std::string::npos;
         at = offer.find("a=fingerprint:", at + 1)) {
        char& digit = offer[offer.find(' ', at) + 1];
        digit = digit == '0' ? '1' : '0';
    }
    const LocalDescription answer = session.receiver.answer(session.loop, offer);
    REQUIRE_FALSE(answer.error);
    REQUIRE(session.publisher->answer(answer.sdp));
    REQUIRE(session.loop.runUntil([&] { return session.receiver.lost.has_value(); }, 10s));
    CHECK(*session.receiver.lost == LostCause::fingerprint);
    // Media would follow at once, were it let through.
    session.loop.runUntil([&] { return !session.receiver.sinks->all().empty(); }, 1s);
    CHECK(session.receiver.sinks->all().empty());
    CHECK(session.receiver.connected == 0);
}

TEST_CASE("an offer that cannot be carried is refused with its kind and leaves nothing") {
    Loop loop;
    const LeakGuard guard;
    {
        Receiver receiver(loop);
        const auto kind = [&](const std::string& offer) {
            const LocalDescription answer = receiver.answer(loop, offer);
            REQUIRE(answer.error);
            CHECK_FALSE(answer.error->detail.empty());
            CHECK(answer.sdp.empty());
            return answer.error->kind;
        };
        CHECK(kind("garbage") == NegotiationError::Kind::malformed);
        CHECK(kind("") == NegotiationError::Kind::malformed);
        CHECK(kind(std::string(1 << 20, 'a')) == NegotiationError::Kind::unsupported);
        std::string many = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n";
        for (int i = 0; i < 300; ++i)
            many += "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:" + std::to_string(i) + "\r\n";
        CHECK(kind(many) == NegotiationError::Kind::unsupported);
        CHECK_FALSE(receiver.peer->addCandidate("0", "candidate:1 1 UDP 1 127.0.0.1 9 typ host"));
    }
    guard.require([&] { turn(loop, 1ms); });
}

TEST_CASE("a peer takes one offer only, and answers out of time with an error") {
    Loop loop;
    Publisher publisher(loop, smallPublisher());
    const std::string offer = offerOf(loop, publisher);
    Receiver receiver(loop);
    const LocalDescription late = receiver.answer(loop, offer, 0ms);
    REQUIRE(late.error);
    CHECK(late.error->kind == NegotiationError::Kind::internal);
    const LocalDescription second = receiver.answer(loop, offer);
    REQUIRE(second.error);
    CHECK(second.error->kind == NegotiationError::Kind::unsupported);
}

TEST_CASE("a candidate is taken for a line of the offer only") {
    Loop loop;
    Publisher publisher(loop, smallPublisher());
    Receiver receiver(loop);
    REQUIRE_FALSE(receiver.answer(loop, offerOf(loop, publisher)).error);
    const std::string good = "candidate:1 1 UDP 2015363327 127.0.0.1 9 typ host";
    CHECK(receiver.peer->addCandidate("video0", good));
    CHECK(receiver.peer->addCandidate("video0", ""));
    CHECK(receiver.peer->addCandidate("video0", "candidate:1 1 UDP 1 4f1e.local 9 typ host"));
    CHECK_FALSE(receiver.peer->addCandidate("video7", good));
    CHECK_FALSE(receiver.peer->addCandidate("video0", "candidate:nonsense"));
}

TEST_CASE("a publisher that closes its connection is noticed at once") {
    Session session;
    session.connect();
    session.publisher.reset();
    REQUIRE(session.loop.runUntil([&] { return session.receiver.lost.has_value(); }, 3s));
    CHECK(*session.receiver.lost == LostCause::dtls);
    CHECK_FALSE(session.receiver.peer->connected());
}

TEST_CASE("a publisher that freezes is lost after the media timeout") {
    Session session(1500ms);
    session.connect();
    const auto start = Clock::now();
    session.publisher->freeze();
    REQUIRE(session.loop.runUntil([&] { return session.receiver.lost.has_value(); }, 3500ms));
    CHECK(*session.receiver.lost == LostCause::timeout);
    CHECK(Clock::now() - start > 1s);
}

TEST_CASE("a publisher that never answers is lost for want of a path") {
    Session session(500ms);
    REQUIRE_FALSE(session.receiver.answer(session.loop, offerOf(session.loop, *session.publisher)).error);
    REQUIRE(session.loop.runUntil([&] { return session.receiver.lost.has_value(); }, 5s));
    CHECK(*session.receiver.lost == LostCause::ice);
}

TEST_CASE("a peer may be destroyed by the very call that says it is lost") {
    Loop loop;
    const LeakGuard guard;
    {
        Publisher publisher(loop, smallPublisher());
        std::unique_ptr<Peer> peer;
        bool lost = false;
        PeerSettings settings;
        settings.videoCodecs = {config::Codec::vp8};
        settings.loopbackOnly = true;
        settings.mediaTimeout = 200ms;
        peer =
            std::make_unique<Peer>(loop, settings, PeerEvents{{}, {}, {}, [&](LostCause, const std::string&) {
                                                                  peer.reset();
                                                                  lost = true;
                                                              }});
        bool answered = false;
        peer->acceptOffer(offerOf(loop, publisher), 5s, [&](const LocalDescription&) { answered = true; });
        REQUIRE(loop.runUntil([&] { return lost; }, 10s));
        CHECK(answered);
    }
    guard.require([&] { turn(loop, 1ms); });
}

TEST_CASE("a pad that nobody takes has a consumer, and the other streams go on") {
    Loop loop;
    Publisher publisher(loop, smallPublisher());
    Receiver receiver(loop);
    auto events = receiver.events();
    events.onPad = [sinks = receiver.sinks](const IncomingPad& pad) {
        if (pad.kind == MediaKind::video) throw std::runtime_error("no room");
        sinks->link(pad);
    };
    receiver.peer = std::make_unique<Peer>(loop, receiver.settings, std::move(events));
    const LocalDescription answer = receiver.answer(loop, offerOf(loop, publisher));
    REQUIRE(publisher.answer(answer.sdp));
    REQUIRE(loop.runUntil([&] { return receiver.sinks->buffers(MediaKind::audio) > 100; }, 10s));
    CHECK_FALSE(receiver.lost);
    CHECK(receiver.sinks->buffers(MediaKind::video) == 0);
}

TEST_CASE("a camera that is off sends nothing and comes back on the same SSRC") {
    Session session;
    session.connect();
    session.publisher->setCamera(false);
    const auto still = [&] { return !session.flows(MediaKind::video, 1, 300ms); };
    REQUIRE(session.loop.runUntil(still, 5s));
    session.publisher->setCamera(true);
    CHECK(session.flows(MediaKind::video, 10));
    CHECK(session.receiver.sinks->all().size() <= 2);
    CHECK(session.receiver.gone.empty());
}

namespace {

void comeAndGo(int times) {
    Loop loop;
    const auto turnLoop = [&] { turn(loop, 1ms); };
    const auto live = [&](std::chrono::milliseconds time) {
        Publisher publisher(loop, smallPublisher());
        Receiver receiver(loop);
        publisher.offer([&](const std::string& offer) {
            receiver.peer->acceptOffer(offer, 5s,
                                       [&](const LocalDescription& answer) { publisher.answer(answer.sdp); });
        });
        turn(loop, time);
    };
    live(500ms); // what GStreamer makes once
    const LeakGuard guard;
    unsigned random = 4711;
    for (int i = 0; i < times; ++i) {
        random = random * 1103515245U + 12345U;
        live(std::chrono::milliseconds((random >> 16U) % 150U));
    }
    guard.require(turnLoop);
}

} // namespace

TEST_CASE("peers and publishers may go at any moment and leave nothing") {
    comeAndGo(200);
}

TEST_CASE("peers and publishers that come and go for many minutes leave nothing", "[.][long]") {
    comeAndGo(3000);
}
