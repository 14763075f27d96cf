// Connections to the TCP port: which stay, which are closed and why, and what those get that take no more.
#include "relay/port/tcp_port.h"

#include "relay/port/ice_client.h"
#include "relay/port/sockets.h"
#include "relay/port/taking.h"
#include "relay/port/tcp_client.h"
#include "support/wait.h"

#include <memory>
#include <mutex>
#include <vector>

using namespace spillway::relay;
using namespace spillway::relay::port;
using namespace spillway::relay::port::test;
using namespace spillway::test;
using namespace std::chrono_literals;

namespace {

/// A thread with one session, which accepts what it is passed if it is to.
struct Owner : SessionOwner {
    void pass(Bytes datagram, const Path& path) override {
        if (accepts) sockets->admit(path, session);
        const std::lock_guard lock(mutex);
        passed.push_back({Datagram(datagram.begin(), datagram.end()), path});
    }
    void losePath(const Path&) override {}

    std::size_t count() const {
        const std::lock_guard lock(mutex);
        return passed.size();
    }
    Came at(std::size_t i) const {
        REQUIRE(eventually([&] { return count() > i; }));
        const std::lock_guard lock(mutex);
        return passed[i];
    }

    std::atomic<bool> accepts{true};
    Sockets* sockets = nullptr;
    SessionTag session{};
    mutable std::mutex mutex;
    std::vector<Came> passed;
};

struct Node {
    explicit Node(const std::string& address = "127.0.0.1")
        : tcp({at(address)}, directory)
        , sockets({}, {}, &tcp.connections()) {
        owner.sockets = &sockets;
        owner.session = directory.add(ours.ufrag, owner);
    }

    SocketAddress address() const { return tcp.addresses().front(); }
    std::uint64_t closed(TcpClosed why) const {
        return tcp.snapshot().closed.at(static_cast<std::size_t>(why));
    }
    bool comesTo(std::uint32_t pending, std::uint32_t open) const {
        return eventually([&] {
            const auto now = tcp.snapshot();
            return now.pending == pending && now.open == open;
        });
    }
    /// A connection by which a check came.
    std::unique_ptr<TcpClient> connect(int receiveBytes = 0) {
        const std::size_t before = owner.count();
        auto client = std::make_unique<TcpClient>(address(), "127.0.0.1", receiveBytes);
        client->send(ice.check());
        path = owner.at(before).path;
        return client;
    }
    /// Sends media until some of it has to wait.
    void fill() {
        for (int i = 0; i < 10'000 && !sockets.blockedSince(path); ++i) {
            put(sockets, packetOf(1200, 1));
            sockets.flush(path);
        }
        REQUIRE(sockets.blockedSince(path));
    }

    Directory directory;
    Owner owner;
    IceClient ice;
    TcpPort tcp;
    Sockets sockets;
    Path path;
};

} // namespace

TEST_CASE("a check by TCP comes to its session, with a path that leads back", "[tcp]") {
    const std::string host = GENERATE("127.0.0.1", "0.0.0.0", "::1", "::");
    const std::string asked = host.find(':') == std::string::npos ? "127.0.0.1" : "::1";
    if (asked == "::1" && !hasIpv6()) return;
    Node node(host);
    const auto server = at(asked, node.address().port());
    const TcpClient client(server, asked);
    const Message check = node.ice.check();
    const Message data{20, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13};
    client.send(check);
    const Came came = node.owner.at(0);
    CHECK(came.datagram == check);
    CHECK(came.path.isTcp());
    CHECK(came.path.remote == client.address());
    CHECK(came.path.local == server);
    CHECK(came.path.text() == client.address().text() + "/tcp");
    // What else comes by the connection goes the same way.
    client.send(data);
    CHECK(node.owner.at(1).datagram == data);
    CHECK(node.owner.at(1).path == came.path);
    CHECK(node.comesTo(0, 1));

    node.sockets.send(came.path, Datagram{1, 2});
    node.sockets.sendAlone(came.path, Datagram{3});
    for (const std::size_t size : {1400U, 900U, 900U, 20U})
        put(node.sockets, packetOf(size, size));
    node.sockets.flush(came.path);
    CHECK(client.receive() == Datagram{1, 2});
    CHECK(client.receive() == Datagram{3});
    for (const std::size_t size : {1400U, 900U, 900U, 20U})
        CHECK(client.receive() == packetOf(size, size));
    CHECK(node.sockets.counters().sentPackets == 5);
    CHECK(node.sockets.counters().sentBytes == 3222);
    CHECK_FALSE(node.sockets.blockedSince(came.path));
}

TEST_CASE("a second connection from the same port is another path", "[tcp]") {
    Node node;
    auto first = node.connect();
    const Path before = node.path;
    first->reset();
    CHECK(node.comesTo(0, 0));
    CHECK(node.closed(TcpClosed::peer) == 1);
    const auto second = node.connect();
    CHECK_FALSE(node.path == before);
    CHECK(node.path.socket != before.socket);
    CHECK(node.sockets.blockedSince(before) == Clock::time_point::min());
    node.sockets.send(before, Datagram{1});
    CHECK(node.sockets.counters().sendErrors == 1);
}

TEST_CASE("what is no check for a session here closes a connection, and is passed to nobody", "[tcp]") {
    Node node;
    IceClient stranger({"nobody", "nobodyspasswordnobodyspw"});
    const std::vector<Message> wrong{stranger.check(),
                                     {20, 254, 253, 0, 0, 0, 0, 0, 0, 0, 1, 0, 2, 1, 0},
                                     packetOf(100, 7),
                                     {'G', 'E', 'T'}};
    for (const Message& message : wrong) {
        const TcpClient client(node.address());
        client.send(message);
        CHECK(client.isClosed());
    }
    CHECK(node.closed(TcpClosed::stranger) == wrong.size());
    CHECK(node.owner.count() == 0);
    CHECK(node.comesTo(0, 0));
}

TEST_CASE("a frame over 1500 bytes ends the connection, before and after a check", "[tcp]") {
    Node node;
    const TcpClient early(node.address());
    early.write({0x05, 0xDD});
    CHECK(early.isClosed());
    const auto late = node.connect();
    late->write({0xFF, 0xFF});
    CHECK(late->isClosed());
    CHECK(node.closed(TcpClosed::tooLong) == 2);
}

TEST_CASE("a connection without a valid check is closed after 5 s, whatever it says", "[tcp]") {
    Node node;
    node.owner.accepts = false;
    const auto begun = Clock::now();
    const TcpClient silent(node.address()), half(node.address()), invalid(node.address());
    half.write({0, 100, 0, 1});
    invalid.send(node.ice.check());
    REQUIRE(node.comesTo(3, 0));
    CHECK(silent.isClosed());
    CHECK(Clock::now() - begun >= TcpPort::checkTime);
    CHECK(Clock::now() - begun < TcpPort::checkTime + 1s);
    CHECK(half.isClosed());
    CHECK(invalid.isClosed());
    CHECK(node.closed(TcpClosed::noCheck) == 3);
}

TEST_CASE("of connections without a check one address has 16, the latest; those with one do not count",
          "[tcp]") {
    Node node;
    std::vector<std::unique_ptr<TcpClient>> good, pending;
    for (std::size_t i = 0; i < TcpPort::maxOfSession; ++i)
        good.push_back(node.connect());
    for (std::size_t i = 0; i < TcpPort::maxPendingOfAddress + 3; ++i) {
        pending.push_back(std::make_unique<TcpClient>(node.address()));
        REQUIRE(node.comesTo(static_cast<std::uint32_t>(std::min(i + 1, TcpPort::maxPendingOfAddress)), 16));
    }
    const TcpClient elsewhere(node.address(), "127.0.0.2");
    REQUIRE(node.comesTo(17, 16));
    for (std::size_t i = 0; i < pending.size(); ++i)
        CHECK(pending[i]->isOpen() == (i >= 3));
    for (const auto& client : good)
        CHECK(client->isOpen());
    CHECK(elsewhere.isOpen());
    CHECK(node.closed(TcpClosed::evicted) == 3);
}

TEST_CASE("of connections without a check there are 512 in all, the latest", "[tcp]") {
    Node node;
    std::vector<std::unique_ptr<TcpClient>> clients;
    for (std::size_t i = 0; i < TcpPort::maxPending + 2; ++i)
        clients.push_back(std::make_unique<TcpClient>(
            node.address(), "127.0.1." + std::to_string(1 + i / TcpPort::maxPendingOfAddress)));
    // The oldest goes before the next is in its place.
    REQUIRE(eventually([&] {
        return node.closed(TcpClosed::evicted) == 2 && node.tcp.snapshot().pending == TcpPort::maxPending;
    }));
    for (std::size_t i = 0; i < 4; ++i)
        CHECK(clients[i]->isOpen() == (i >= 2));
}

TEST_CASE("of one session's connections the one that is silent for longest goes", "[tcp]") {
    Node node;
    std::vector<std::unique_ptr<TcpClient>> clients;
    for (std::size_t i = 0; i < TcpPort::maxOfSession; ++i)
        clients.push_back(node.connect());
    const std::size_t before = node.owner.count();
    clients[0]->send(node.ice.check());
    node.owner.at(before);
    clients.push_back(node.connect());
    CHECK(clients[1]->isClosed());
    CHECK(clients[0]->isOpen());
    CHECK(node.comesTo(0, TcpPort::maxOfSession));
}

TEST_CASE("the connections of a session that has ended are closed", "[tcp]") {
    Node node;
    const auto client = node.connect();
    node.directory.remove(ours.ufrag, node.owner);
    CHECK(client->isClosed());
    CHECK(node.closed(TcpClosed::over) == 1);
}

TEST_CASE("of media a closed window holds some, of all else nothing, and no frame is torn", "[tcp]") {
    Node node;
    const auto client = node.connect(4096);
    node.fill();
    const auto taken = node.sockets.counters();
    CHECK(taken.sendErrors == 0);
    node.sockets.send(node.path, Datagram{7});
    CHECK(node.sockets.counters().sendErrors == 1);
    // Up to the bound.
    constexpr std::size_t most = TcpConnection::maxWaiting / 1202;
    for (std::size_t i = 0; i < 2 * most; ++i) {
        put(node.sockets, packetOf(1200, 2));
        node.sockets.flush(node.path);
    }
    const auto counters = node.sockets.counters();
    const auto waiting = counters.sentPackets - taken.sentPackets;
    CHECK(waiting <= most);
    CHECK(waiting + 2 >= most);
    CHECK(counters.sendErrors == 1 + 2 * most - waiting);

    // Whoever reads on gets all that was taken, and what is sent after that.
    for (std::uint64_t i = 0; i < counters.sentPackets; ++i)
        REQUIRE(client->receive() == packetOf(1200, i < taken.sentPackets ? 1 : 2));
    REQUIRE(eventually([&] { return !node.sockets.blockedSince(node.path); }));
    node.sockets.send(node.path, Datagram{8});
    CHECK(client->receive() == Datagram{8});
}

TEST_CASE("a window that stays closed for 5 s ends the connection; one that opens now and then does not",
          "[tcp]") {
    Node node;
    const auto client = node.connect(4096);
    node.fill();
    const auto since = Clock::now();
    Taking taking(since);
    CHECK(taking.goesOn(node.sockets, node.path, since + 4s));
    CHECK_FALSE(taking.goesOn(node.sockets, node.path, since + 6s));

    const auto before = node.sockets.blockedSince(node.path);
    while (node.sockets.blockedSince(node.path) == before)
        REQUIRE(client->receive());
    if (!node.sockets.blockedSince(node.path)) node.fill();
    const auto progress = node.sockets.blockedSince(node.path).value();
    CHECK(progress > *before);
    REQUIRE(eventually([&] { return node.closed(TcpClosed::blocked) == 1; }));
    CHECK(Clock::now() - progress >= Taking::time);
    CHECK(Clock::now() - progress < Taking::time + 3s);
    CHECK_FALSE(taking.goesOn(node.sockets, node.path, Clock::now()));
}

TEST_CASE("an address that cannot be bound is named", "[tcp]") {
    Node node;
    const std::string taken = node.address().text();
    CHECK_THROWS_WITH(TcpPort({node.address()}, node.directory),
                      Catch::Contains("cannot listen on TCP " + taken));
}
