// Viewers without UDP, of tracks whose packets the test pushes itself.
#include "relay/outputs/webrtc/egress_fixture.h"

#include "relay/port/tcp_client.h"
#include "relay/values/refused.h"
#include "support/leak_guard.h"

using namespace spillway;
using namespace spillway::test;

namespace {

struct TcpViewer : ClientBy<TcpClient> {
    explicit TcpViewer(Stage& at)
        : stage(at) {
        viewing = stage.view({"studio", "alice", std::nullopt, offer()});
        nominate(viewing);
        shakeHands(viewing);
        stage.turnUntil([&] { return stage.viewers().back().state == ViewerState::connected; });
    }

    Stage& stage;
    ViewAnswer viewing;
};

std::uint64_t droppedOf(const QueueStats& queue, DropReason reason) {
    return queue.dropped.at(static_cast<std::size_t>(reason));
}

} // namespace

TEST_CASE("a viewer without UDP gets the media by TCP, and is ended when it says good-bye", "[tcp]") {
    Stage stage(listenTcpAt("127.0.0.1:0"));
    FedTrack& fed = stage.add(camera);
    TcpViewer client(stage);
    const auto node = stage.port.tcp()->addresses().front();
    CHECK(firstLine(client.viewing).attribute("candidate") ==
          "1 1 tcp 1520435199 127.0.0.1 " + std::to_string(node.port()) + " typ host tcptype passive");
    CHECK(stage.viewers().at(0).address == client.socket->address().text() + "/tcp");

    fed.push(3 * PacketSource::packetsPerFrame);
    for (int i = 0; i < 3 * PacketSource::packetsPerFrame; ++i)
        REQUIRE(client.media().size() == 12 + 1100);

    for (const Datagram& record : client.dtls.close())
        client.socket->send(record);
    stage.turnUntilQueues(0);
    CHECK(stage.ended == Texts{"studio: the viewer left"});
    CHECK(client.socket->isClosed());
    CHECK(stage.port.tcp()->snapshot().closed.at(static_cast<std::size_t>(TcpClosed::over)) == 1);
}

TEST_CASE("where both are, UDP is preferred", "[tcp]") {
    auto settings = listenTcpAt("127.0.0.1:0");
    settings.listen = listenAt("127.0.0.1:0").listen;
    Stage stage(settings);
    const auto candidates = stage.port.candidates();
    REQUIRE(candidates.size() == 2);
    CHECK(contains(candidates[0], "candidate:1 1 udp 2130706431 127.0.0.1 "));
    CHECK(contains(candidates[1], "candidate:2 1 tcp 1520435199 127.0.0.1 "));
}

TEST_CASE("a viewer that reads no more drops to a keyframe, and is ended after 5 s", "[tcp]") {
    Stage stage(listenTcpAt("127.0.0.1:0"));
    FedTrack& fed = stage.add(camera);
    TcpViewer stalled(stage);
    TcpViewer reads(stage);
    const auto queueOf = [&](std::size_t viewer) { return stage.viewers().at(viewer).tracks.at(0).queue; };

    // More than the kernel, the connection and the queue hold; the other one gets all of it.
    for (int i = 0; i < 1000; ++i) {
        fed.push(PacketSource::packetsPerFrame);
        for (int k = 0; k < PacketSource::packetsPerFrame; ++k)
            REQUIRE(reads.media().size() == 12 + 1100);
    }
    CHECK(droppedOf(queueOf(0), DropReason::full) + droppedOf(queueOf(0), DropReason::stale) > 0);
    CHECK(queueOf(0).awaitingKeyframe);
    CHECK(queueOf(1).dropped == QueueStats{}.dropped);
    REQUIRE(stage.loop.runUntil([&] { return stage.viewers().size() == 1; }, 10s));
    CHECK(stage.ended == Texts{"studio: its TCP connection takes nothing any more"});
}

TEST_CASE("what TCP connections need is in the memory budget", "[tcp]") {
    Stage stage(listenTcpAt("127.0.0.1:0"));
    stage.add(camera);
    const TcpViewer client(stage);
    CHECK(stage.budget.usedBytes() ==
          512 * 1024 + port::TcpConnection::maxWaiting + port::TcpConnection::kernelBytes);
    CHECK(stage.budget.queues() == 1);
}

TEST_CASE("an egress by TCP leaves no thread and no descriptor", "[tcp]") {
    Stage(listenTcpAt("127.0.0.1:0")).add(camera); // makes what the process keeps
    const LeakGuard guard;
    {
        Stage stage(listenTcpAt("127.0.0.1:0"));
        stage.add(camera);
        const TcpViewer client(stage);
        stage.egress.reset();
        CHECK(stage.told.back() == "viewer-1 detached studio/alice/camera left");
    }
    guard.require();
}
