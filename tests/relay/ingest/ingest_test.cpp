// Publishers that come in by the node's port. They are libnice's and webrtcbin's own, on loopback.
#include "relay/ingest/ingest.h"

#include "relay/gst/bin.h"
#include "relay/gst/live_source.h"
#include "relay/port/ice_client.h"
#include "relay/port/socket_fixture.h"
#include "relay/port/tcp_client.h"
#include "relay/support/peers.h"
#include "relay/support/ping_pong.h"
#include "support/catch.h"
#include "support/leak_guard.h"
#include "support/settings.h"
#include "support/turns.h"
#include "support/wait.h"

#include <atomic>

using namespace spillway;
using namespace spillway::relay;
using namespace spillway::test;
using relay::port::test::IceClient;
using relay::port::test::isCheck;

namespace {

/// The node's port, with its thread.
struct Node {
    explicit Node(const config::WebrtcSettings& settings = listenAt("127.0.0.1:0"))
        : port(settings) {}
    /// Its thread passes to `ingest`.
    ~Node() { port.stop(); }
    Node(const Node&) = delete;
    Node& operator=(const Node&) = delete;

    Loop loop;
    port::MediaPort port;
    ingest::Ingest ingest{port};
};

/// One publisher and the peer that receives it.
struct Session {
    explicit Session(Node& host, std::chrono::milliseconds mediaTimeout = 15s,
                     PublisherSettings settings = smallPublisher())
        : node(host)
        , publisher(std::make_unique<Publisher>(node.loop, std::move(settings)))
        , receiver(node.loop, mediaTimeout, &node.ingest) {}

    LocalDescription answer() { return receiver.answer(node.loop, offerOf(node.loop, *publisher)); }
    void connect() {
        const LocalDescription answered = answer();
        INFO((answered.error ? answered.error->detail : ""));
        REQUIRE_FALSE(answered.error);
        REQUIRE(publisher->answer(answered.sdp));
        REQUIRE(flows(MediaKind::video, 10));
    }
    bool flows(MediaKind kind, std::uint64_t buffers, std::chrono::milliseconds deadline = 10s) const {
        const std::uint64_t before = receiver.sinks->buffers(kind);
        return node.loop.runUntil([&] { return receiver.sinks->buffers(kind) >= before + buffers; },
                                  deadline);
    }

    Node& node;
    std::unique_ptr<Publisher> publisher;
    Receiver receiver;
};

/// A publisher's ICE alone.
struct IceOnly {
    IceOnly(Node& host, const port::IceCredentials& credentials,
            std::shared_ptr<ingest::MediaSink> media = nullptr)
        : node(host)
        , ufrag(credentials.ufrag)
        , agent(credentials) {
        node.ingest.add({credentials, port::test::theirs,
                         gst::makeLiveSource("application/x-rtp", "datagrams"), std::move(media), route,
                         [said = said] { ++said->connected; }, [said = said] { ++said->lost; }});
    }
    ~IceOnly() { node.ingest.remove(ufrag); }
    IceOnly(const IceOnly&) = delete;
    IceOnly& operator=(const IceOnly&) = delete;

    /// The next check that comes to this address.
    template <class Client>
    static Datagram checkAt(const Client& client) {
        Datagram datagram = client.receive().value();
        while (!isCheck(datagram))
            datagram = client.receive().value();
        return datagram;
    }
    template <class Client>
    void answer(const Client& client) {
        client.send(agent.answer(checkAt(client), node.port.reachable().front()));
    }
    template <class Client>
    bool isAt(const Client& client) const {
        return eventually([&] {
            const auto path = route->path();
            return path && path->remote == client.address();
        });
    }
    template <class Client>
    void select(const Client& client) {
        client.send(agent.nomination());
        answer(client);
        REQUIRE(isAt(client));
    }

    struct Said {
        std::atomic<int> connected{0};
        std::atomic<int> lost{0};
    };
    Node& node;
    const std::string ufrag;
    IceClient agent;
    std::shared_ptr<ingest::Route> route = std::make_shared<ingest::Route>();
    std::shared_ptr<Said> said = std::make_shared<Said>();
};

} // namespace

TEST_CASE("a publisher's picture and sound come in by the port") {
    Node node;
    Session session(node);
    session.connect();
    CHECK(session.flows(MediaKind::audio, 10));
    CHECK(session.receiver.connected == 1);
    CHECK_FALSE(session.receiver.lost);
}

TEST_CASE("the answer names the port alone, as a lite agent") {
    Node node;
    Session session(node);
    const LocalDescription answer = session.answer();
    REQUIRE_FALSE(answer.error);
    INFO(answer.sdp);
    const std::string port = std::to_string(node.port.addresses().front().port());
    CHECK(answer.sdp.find("a=ice-lite\r\n") != std::string::npos);
    const auto first = answer.sdp.find("a=candidate:");
    REQUIRE(first != std::string::npos);
    CHECK(answer.sdp.find(" 127.0.0.1 " + port + " typ host\r\n", first) != std::string::npos);
    CHECK(answer.sdp.find("a=candidate:", first + 1) == std::string::npos);
}

TEST_CASE("a publisher without UDP comes in by TCP, and is lost 5 s after its connection is") {
    Node node(listenTcpAt("127.0.0.1:0"));
    {
        PublisherSettings settings = smallPublisher();
        settings.tcp = true;
        Session session(node, 15s, settings);
        const LocalDescription answer = session.answer();
        REQUIRE_FALSE(answer.error);
        INFO(answer.sdp);
        const std::string port = std::to_string(node.port.tcp()->addresses().front().port());
        CHECK(answer.sdp.find(" 1 tcp 1520435199 127.0.0.1 " + port + " typ host tcptype passive\r\n") !=
              std::string::npos);
        CHECK(answer.sdp.find(" udp ") == std::string::npos);
        REQUIRE(session.publisher->answer(answer.sdp));
        CHECK(session.flows(MediaKind::video, 10));
        CHECK(session.flows(MediaKind::audio, 10));
        CHECK(session.receiver.connected == 1);
        CHECK(node.port.tcp()->snapshot().open >= 1);
    }
    REQUIRE(eventually([&] { return node.port.tcp()->snapshot().open == 0; }));

    IceOnly publisher(node, port::test::ours);
    auto client = std::make_unique<TcpClient>(node.port.tcp()->addresses().front());
    publisher.select(*client);
    const auto gone = Clock::now();
    client.reset();
    CHECK(eventually([&] { return publisher.said->lost == 1; }));
    CHECK(Clock::now() - gone > 4s);
    CHECK(Clock::now() - gone < 8s);
}

TEST_CASE("the thread of the publishers never waits in a publisher's queue") {
    Node node;
    Session session(node);
    session.connect();
    const auto queues = gst::elementsOf(session.receiver.sinks->of(MediaKind::video)->pipeline, "queue");
    REQUIRE(queues.size() == 1);
    gint leaky = 0;
    g_object_get(queues.front().get(), "leaky", &leaky, nullptr);
    CHECK(leaky == 2); // drops what is oldest
}

TEST_CASE("publishers that share the port do not disturb each other when they come and go") {
    Node node;
    std::vector<std::unique_ptr<Session>> sessions;
    for (int i = 0; i < 4; ++i) {
        sessions.push_back(std::make_unique<Session>(node));
        sessions.back()->connect();
    }
    Session& stays = *sessions.front();
    while (sessions.size() > 1) {
        sessions.pop_back();
        CHECK(stays.flows(MediaKind::video, 10));
    }
    CHECK_FALSE(stays.receiver.lost);
}

TEST_CASE("publish and teardown while packets come leave nothing", "[ingest-churn]") {
    Node node;
    {
        Session first(node);
        first.connect();
    }
    turn(node.loop, 200ms);
    const LeakGuard guard;
    for (int i = 0; i < 20; ++i) {
        Session session(node);
        session.connect();
    }
    guard.require([&] { turn(node.loop, 20ms); });
}

TEST_CASE("a publisher that falls silent is lost") {
    Node node;
    Session session(node, 1000ms);
    session.connect();
    session.publisher->freeze();
    REQUIRE(node.loop.runUntil([&] { return session.receiver.lost.has_value(); }, 10s));
    CHECK(*session.receiver.lost == LostCause::timeout);
}

TEST_CASE("a publisher's path moves within 2 s once it answers there, also when an answer is lost") {
    Node node;
    const SocketAddress at = node.port.addresses().front();
    const UdpClient before(at, "127.0.0.1"), after(at, "127.0.0.1");
    IceOnly publisher(node, port::test::ours);
    publisher.select(before);
    CHECK(eventually([&] { return publisher.said->connected == 1; }));

    after.send(publisher.agent.nomination());
    const auto nominated = Clock::now();
    IceOnly::checkAt(after);
    CHECK(publisher.route->path()->remote == before.address());
    publisher.answer(after); // the next one
    CHECK(publisher.isAt(after));
    CHECK(Clock::now() - nominated < 2s);
    CHECK(publisher.said->connected == 1);
    CHECK(publisher.said->lost == 0);
}

TEST_CASE("of two publishers at one path the one that proved it last stays, the other is lost") {
    Node node;
    const UdpClient client(node.port.addresses().front(), "127.0.0.1");
    auto first = std::make_unique<IceOnly>(node, port::test::ours);
    first->select(client);
    IceOnly second(node, {"w9other", "otherpasswordotherpassword"});
    second.select(client);
    CHECK(eventually([&] { return first->said->lost == 1; }));
    CHECK_FALSE(first->route->path());

    const auto path = second.route->path().value();
    first.reset();
    REQUIRE(eventually([&] { return !node.port.directory().find(port::Addressee{port::test::ours.ufrag}); }));
    CHECK(node.port.directory().find(path) == &node.ingest);
    CHECK(second.said->lost == 0);
}

TEST_CASE("packets come together while nobody watches any publisher, and at once when somebody does") {
    Node node;
    const UdpClient client(node.port.addresses().front(), "127.0.0.1");
    const auto media = std::make_shared<PingPong>();
    IceOnly publisher(node, port::test::ours, media);
    publisher.select(client);
    REQUIRE(eventually([&] { return media->shortest(client) >= 3ms; }));
    {
        const Audience::Seat seat(node.ingest.audience());
        CHECK(eventually([&] { return media->shortest(client) < 3ms; }));
    }
    CHECK(eventually([&] { return media->shortest(client) >= 3ms; }));

    const IceOnly coming(node, {"w9other", "otherpasswordotherpassword"});
    CHECK(eventually([&] { return media->shortest(client) < 3ms; }));
}

TEST_CASE("a publisher that answers no checks is lost once, and not asked any more") {
    port::Sockets sockets{{at("127.0.0.1")}};
    const SocketAddress bound = sockets.boundAddresses().front();
    const UdpClient client(bound, "127.0.0.1");
    IceClient agent;
    const auto route = std::make_shared<ingest::Route>();
    int lost = 0;
    Clock::time_point now{1h};
    ingest::PublisherSession session({port::test::ours, port::test::theirs,
                                      gst::makeLiveSource("application/x-rtp", "datagrams"), nullptr, route,
                                      [] {}, [&] { ++lost; }},
                                     port::test::tag, sockets, now);
    const auto send = [&](const Datagram& message) {
        client.send(message);
        for (const auto& came : receive(sockets))
            session.onStun(came.datagram, came.path, now, [] {});
    };
    send(agent.nomination());
    send(agent.answer(IceOnly::checkAt(client), bound));
    REQUIRE(route->path());
    for (const auto end = now + 60s; now < end; now += 1s) {
        session.tick(now);
        send(agent.nomination());
        CHECK(lost == (now >= end - 30s ? 1 : 0));
    }
    CHECK_FALSE(session.nextCheck());
}
