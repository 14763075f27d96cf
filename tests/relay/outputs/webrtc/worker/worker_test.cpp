#include "relay/outputs/webrtc/worker/worker.h"
#include "relay/port/media_port.h"

#include "support/catch.h"
#include "support/settings.h"
#include "support/wait.h"

#include "relay/outputs/webrtc/transport/dtls_client.h"
#include "relay/port/ice_client.h"
#include "relay/port/socket_fixture.h"

#include <future>
#include <memory>
#include <stdexcept>
#include <vector>

using namespace spillway::relay;
using namespace spillway::relay::webrtc;
using namespace spillway::relay::port::test;
using namespace spillway::relay::webrtc::test;
using namespace std::chrono_literals;
using port::Addressee;
using port::IceCredentials;
using spillway::test::Datagram;
using spillway::test::eventually;
using spillway::test::UdpClient;

namespace {

constexpr unsigned workerCount = 3;
constexpr unsigned owner = 1;

/// Workers that share a port, as Egress has them, and one viewer without tracks.
struct Stage {
    Stage() {
        for (unsigned i = 0; i < workerCount; ++i)
            workers.push_back(std::make_unique<Worker>(i, mediaPort.bind(),
                                                       Worker::Context{dtlsContext, mediaPort.directory()}));
        port = mediaPort.addresses().front();
        for (const auto& worker : workers)
            worker->start();
    }
    ~Stage() { stop(); }
    Stage(const Stage&) = delete;
    Stage& operator=(const Stage&) = delete;

    void stop() {
        for (const auto& worker : workers)
            worker->stop();
    }

    SessionSetup setUp(ViewerId id, const IceCredentials& credentials) {
        SessionSetup setup;
        setup.id = id;
        setup.ours = credentials;
        setup.theirs = theirs;
        setup.fingerprint = dtls.fingerprint();
        setup.stats = stats;
        setup.onConnected = [] {};
        setup.onEnded = [](const std::string&) {};
        return setup;
    }
    void add() {
        SessionSetup setup = setUp(1, ours);
        setup.onConnected = [this] { connected.set_value(); };
        setup.onEnded = [this](const std::string& reason) { ended.set_value(reason); };
        workers[owner]->add(std::move(setup));
    }
    void remove() {
        std::promise<void> gone;
        workers[owner]->remove(1, [&] { gone.set_value(); });
        REQUIRE(gone.get_future().wait_for(5s) == std::future_status::ready);
    }

    /// Nominates, and answers what it is asked, until the path is the viewer's.
    void select(const UdpClient& client, IceClient& agent) {
        client.send(agent.nomination());
        for (auto datagram = client.receive(); datagram; datagram = client.receive()) {
            if (!isCheck(*datagram)) continue;
            client.send(agent.answer(*datagram, port));
            break;
        }
        REQUIRE(eventually([&] { return stats->address() == client.address().text(); }));
    }
    void connect(const UdpClient& client) {
        select(client, ice);
        dtls.shakeHands(client);
        REQUIRE(connected.get_future().wait_for(5s) == std::future_status::ready);
    }

    DtlsContext dtlsContext{dtls::ourIdentity()};
    port::MediaPort mediaPort{spillway::test::listenAt("127.0.0.1:0")};
    std::vector<std::unique_ptr<Worker>> workers;
    SocketAddress port = *SocketAddress::parse("127.0.0.1");
    std::shared_ptr<ViewerStats> stats = std::make_shared<ViewerStats>();
    IceClient ice;
    DtlsClient dtls{DtlsClient::Settings{}};
    std::promise<void> connected;
    std::promise<std::string> ended;
};

} // namespace

TEST_CASE("a viewer's datagrams find its worker, whichever socket the kernel gave them to", "[worker]") {
    Stage stage;
    stage.add();
    // The kernel spreads by address: that all of these came to the right one by chance is one in 3^32.
    std::vector<std::unique_ptr<UdpClient>> clients;
    for (int i = 0; i < 32; ++i) {
        clients.push_back(std::make_unique<UdpClient>(stage.port, "127.0.0.1"));
        clients.back()->send(stage.ice.check());
    }
    for (const auto& client : clients) {
        const auto reply = client->receive();
        REQUIRE(reply);
        CHECK(stage.ice.read(*reply).mapped == client->address());
        CHECK(stage.ice.readCheck(client->receive().value()).controlled);
    }
    // So do the answers to its worker's checks.
    for (const auto& client : clients)
        stage.select(*client, stage.ice);
    stage.connect(*clients[7]);
    stage.remove();
    while (!stage.dtls.closed())
        stage.dtls.receive(clients[7]->receive().value());
    CHECK_FALSE(stage.mediaPort.directory().find(Addressee{ours.ufrag}));
    CHECK(stage.workers[owner]->viewers() == 0);
}

TEST_CASE("a viewer that leaves is told of once, and forgotten", "[worker]") {
    Stage stage;
    stage.add();
    const UdpClient client(stage.port, "127.0.0.1");
    stage.connect(client);
    for (const Datagram& record : stage.dtls.close())
        client.send(record);
    auto ended = stage.ended.get_future();
    REQUIRE(ended.wait_for(5s) == std::future_status::ready);
    CHECK(ended.get() == "the viewer left");
    stage.remove(); // as the main loop does with who has ended
    CHECK_FALSE(stage.mediaPort.directory().find(Addressee{ours.ufrag}));
}

TEST_CASE("who views when the workers stop gets a good-bye", "[worker]") {
    Stage stage;
    stage.add();
    const UdpClient client(stage.port, "127.0.0.1");
    stage.connect(client);
    stage.stop();
    while (!stage.dtls.closed())
        stage.dtls.receive(client.receive().value());
    CHECK_FALSE(stage.mediaPort.directory().find(Addressee{ours.ufrag}));
}

TEST_CASE("of two viewers at one path the one that proved it last stays, the other is told", "[worker]") {
    const bool sameWorker = GENERATE(true, false);
    const unsigned second = sameWorker ? owner : owner + 1;
    Stage stage;
    stage.add();
    const UdpClient client(stage.port, "127.0.0.1");
    stage.connect(client);
    stage.stats->setAddress({});

    const IceCredentials others{"w9other", "otherpasswordotherpassword"};
    IceClient agent(others);
    stage.workers[second]->add(stage.setUp(2, others));
    stage.select(client, agent);
    auto ended = stage.ended.get_future();
    REQUIRE(ended.wait_for(5s) == std::future_status::ready);
    CHECK(ended.get() == "its path is another viewer's or publisher's now");
    stage.remove();

    // What the first one left behind is not the second one's: it has its path still.
    const port::Path path{client.address(), stage.port, 0};
    CHECK(stage.mediaPort.directory().find(path) == stage.workers[second].get());
    DtlsClient dtls{DtlsClient::Settings{}};
    for (const Datagram& record : dtls.start())
        client.send(record);
    auto reply = client.receive();
    while (reply && port::kindOf(*reply) != port::DatagramKind::dtls)
        reply = client.receive();
    REQUIRE(reply);
    CHECK((*reply)[0] == 22); // RFC 6347 section 4.1: a handshake, no alert
}

TEST_CASE("an exception in one session ends that one, with the reason", "[worker]") {
    Stage stage;
    SessionSetup setup = stage.setUp(1, ours);
    setup.onConnected = [] { throw std::runtime_error("no memory"); };
    setup.onEnded = [&](const std::string& reason) { stage.ended.set_value(reason); };
    stage.workers[owner]->add(std::move(setup));
    const UdpClient client(stage.port, "127.0.0.1");
    stage.select(client, stage.ice);
    stage.dtls.shakeHands(client);
    auto ended = stage.ended.get_future();
    REQUIRE(ended.wait_for(5s) == std::future_status::ready);
    CHECK(ended.get() == "our own error: no memory");
    stage.remove();
}
