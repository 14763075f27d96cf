#include "relay/outputs/webrtc/worker/worker.h"
#include "relay/port/media_port.h"

#include "support/catch.h"
#include "support/settings.h"

#include "relay/outputs/webrtc/transport/dtls_client.h"
#include "relay/port/ice_client.h"
#include "relay/port/socket_fixture.h"

#include <future>
#include <memory>
#include <vector>

using namespace spillway::relay;
using namespace spillway::relay::webrtc;
using namespace spillway::relay::port::test;
using namespace spillway::relay::webrtc::test;
using namespace std::chrono_literals;
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

    void add() {
        SessionSetup setup;
        setup.id = 1;
        setup.ours = ours;
        setup.theirs = theirs;
        setup.fingerprint = dtls.fingerprint();
        setup.stats = std::make_shared<ViewerStats>();
        setup.onConnected = [this] { connected.set_value(); };
        setup.onEnded = [this](const std::string& reason) { ended.set_value(reason); };
        workers[owner]->add(std::move(setup));
    }
    void remove() {
        std::promise<void> gone;
        workers[owner]->remove(1, [&] { gone.set_value(); });
        REQUIRE(gone.get_future().wait_for(5s) == std::future_status::ready);
    }

    void connect(const UdpClient& client) {
        client.send(ice.nomination());
        REQUIRE(client.receive());
        dtls.shakeHands(client);
        REQUIRE(connected.get_future().wait_for(5s) == std::future_status::ready);
    }

    DtlsContext dtlsContext{dtls::ourIdentity()};
    port::MediaPort mediaPort{spillway::test::listenAt("127.0.0.1:0")};
    std::vector<std::unique_ptr<Worker>> workers;
    SocketAddress port = *SocketAddress::parse("127.0.0.1");
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
    stage.connect(*clients[7]);
    stage.remove();
    while (!stage.dtls.closed())
        stage.dtls.receive(clients[7]->receive().value());
    CHECK_FALSE(stage.mediaPort.directory().find(ours.ufrag));
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
    CHECK_FALSE(stage.mediaPort.directory().find(ours.ufrag));
}

TEST_CASE("who views when the workers stop gets a good-bye", "[worker]") {
    Stage stage;
    stage.add();
    const UdpClient client(stage.port, "127.0.0.1");
    stage.connect(client);
    stage.stop();
    while (!stage.dtls.closed())
        stage.dtls.receive(client.receive().value());
    CHECK_FALSE(stage.mediaPort.directory().find(ours.ufrag));
}
