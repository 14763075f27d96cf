#include "relay/outputs/webrtc/sockets.h"

#include "relay/frame.h"
#include "relay/webrtc/udp_client.h"
#include "support/catch.h"

#include <poll.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

using namespace spillway::relay;
using namespace spillway::relay::webrtc;
using spillway::test::Datagram;
using spillway::test::UdpClient;

namespace {

SocketAddress at(const std::string& host, std::uint16_t port = 0) {
    return SocketAddress::parse(host).value().withPort(port);
}

std::uint16_t portOf(const Sockets& sockets, std::size_t socket = 0) {
    return sockets.boundAddresses().at(socket).port();
}

struct Came {
    Datagram datagram;
    Path path;
};

/// What waits at a socket, at least one datagram unless none comes in time.
std::vector<Came> receive(Sockets& sockets, std::size_t socket = 0, std::size_t max = 1000) {
    std::vector<Came> came;
    pollfd readable{sockets.descriptors().at(socket), POLLIN, 0};
    ::poll(&readable, 1, 2000);
    sockets.receive(socket, max, [&](MutableBytes bytes, const Path& path) {
        came.push_back({Datagram(bytes.begin(), bytes.end()), path});
    });
    return came;
}

/// The path to a client, learned from what it sends.
Path pathTo(const UdpClient& client, Sockets& sockets, std::size_t socket = 0) {
    client.send({1});
    const auto came = receive(sockets, socket);
    REQUIRE(came.size() == 1);
    return came[0].path;
}

Datagram packetOf(std::size_t size, std::size_t number) {
    Datagram packet(size, static_cast<std::uint8_t>(number));
    for (std::size_t i = 0; i < size; i += 3)
        packet[i] = static_cast<std::uint8_t>(number * 31 + i);
    return packet;
}

void put(Sockets& sockets, const Datagram& packet) {
    const auto room = sockets.room(packet.size());
    REQUIRE(room.size() == packet.size());
    std::copy(packet.begin(), packet.end(), room.begin());
    sockets.add(packet.size());
}

/// Sends a burst of these sizes, and checks that it comes as it went.
void sendBurst(Sockets& sockets, const Path& path, const UdpClient& client,
               const std::vector<std::size_t>& sizes) {
    for (std::size_t i = 0; i < sizes.size(); ++i)
        put(sockets, packetOf(sizes[i], i));
    sockets.flush(path);
    for (std::size_t i = 0; i < sizes.size(); ++i)
        CHECK(client.receive() == packetOf(sizes[i], i));
    CHECK_FALSE(client.hasMore());
}

bool hasIpv6() {
    const auto all = interfaceAddresses();
    return std::find(all.begin(), all.end(), at("::1")) != all.end();
}

void roundTrip(const std::string& listening, const std::string& asked) {
    INFO(listening << " asked at " << asked);
    Sockets sockets({at(listening)});
    const auto server = at(asked, portOf(sockets));
    const UdpClient client(server, asked);
    client.send({7, 8, 9});
    const auto came = receive(sockets);
    REQUIRE(came.size() == 1);
    CHECK(came[0].datagram == Datagram{7, 8, 9});
    CHECK(came[0].path.remote == client.address());
    CHECK(came[0].path.remote.family() == server.family());
    CHECK(came[0].path.local == server);
    CHECK(came[0].path.socket == 0);
    sockets.send(came[0].path, Datagram{1, 2});
    CHECK(client.receive() == Datagram{1, 2});
    CHECK(sockets.counters().receivedPackets == 1);
    CHECK(sockets.counters().sentPackets == 1);
    CHECK(sockets.counters().sentBytes == 2);
    CHECK(sockets.counters().sendCalls == 1);
    CHECK(sockets.counters().sendErrors == 0);
}

} // namespace

TEST_CASE("a datagram comes with its path, and the path leads back") {
    roundTrip("127.0.0.1", "127.0.0.1");
    roundTrip("0.0.0.0", "127.0.0.1");
    if (!hasIpv6()) return;
    roundTrip("::1", "::1");
    roundTrip("::", "::1");
}

TEST_CASE("on a machine of several addresses the reply comes from the one that was asked") {
    Sockets sockets({at("0.0.0.0")});
    // Without being told, the kernel would reply to 127.0.0.1 from 127.0.0.1.
    for (const std::string host : {"127.0.0.1", "127.0.0.2", "127.0.0.3"}) {
        const UdpClient client(at(host, portOf(sockets)), "127.0.0.1");
        const Path path = pathTo(client, sockets);
        CHECK(path.local == at(host, portOf(sockets)));
        sockets.send(path, Datagram{5});
        CHECK(client.receive() == Datagram{5});
        sendBurst(sockets, path, client, {900, 900, 900, 20, 1000});
    }
}

TEST_CASE("IPv4 and IPv6 may share a port, and each keeps its own addresses") {
    if (!hasIpv6()) return;
    const Sockets first({at("0.0.0.0")});
    const auto port = portOf(first);
    Sockets sockets({at("::", port)});
    const UdpClient client(at("::1", port), "::1");
    CHECK(pathTo(client, sockets).remote.family() == AF_INET6);
    const UdpClient other(at("127.0.0.1", port), "127.0.0.1");
    other.send({1});
    std::size_t strangers = 0;
    sockets.receive(0, 10, [&](MutableBytes, const Path&) { ++strangers; });
    CHECK(strangers == 0);
}

TEST_CASE("each of several sockets has its own number in the path") {
    Sockets sockets({at("127.0.0.1"), at("127.0.0.2")});
    const UdpClient client(at("127.0.0.2", portOf(sockets, 1)), "127.0.0.1");
    const Path path = pathTo(client, sockets, 1);
    CHECK(path.socket == 1);
    sockets.send(path, Datagram{5});
    CHECK(client.receive() == Datagram{5});
}

TEST_CASE("a burst of packets of one size leaves in one call and comes as it was written") {
    Sockets sockets({at("127.0.0.1")});
    const UdpClient client(sockets.boundAddresses()[0], "127.0.0.1");
    const Path path = pathTo(client, sockets);
    REQUIRE(sockets.segments());
    sendBurst(sockets, path, client, {1200, 1200, 1200, 1200, 1200, 1200, 1200, 300});
    CHECK(sockets.counters().sendCalls == 1);
    CHECK(sockets.counters().sentPackets == 8);
    CHECK(sockets.counters().sentBytes == 7 * 1200 + 300);
    sendBurst(sockets, path, client, {700});
    CHECK(sockets.counters().sendCalls == 2);
    sockets.flush(path);
    CHECK(sockets.counters().sendCalls == 2);
    CHECK(sockets.counters().sendErrors == 0);
    CHECK(sockets.segments());
}

TEST_CASE("a burst of any sizes leaves in one call too, in order") {
    Sockets sockets({at("127.0.0.1")});
    const UdpClient client(sockets.boundAddresses()[0], "127.0.0.1");
    const Path path = pathTo(client, sockets);
    sendBurst(sockets, path, client, {100, 1200, 1200, 400, 1300, 1, 1, 1, 900, 1500});
    CHECK(sockets.counters().sendCalls == 1);
    CHECK(sockets.counters().sentPackets == 10);
}

TEST_CASE("an IPv6 burst leaves in one call") {
    if (!hasIpv6()) return;
    Sockets sockets({at("::")});
    const UdpClient client(at("::1", portOf(sockets)), "::1");
    const Path path = pathTo(client, sockets);
    sendBurst(sockets, path, client, std::vector<std::size_t>(20, 1180));
    CHECK(sockets.counters().sendCalls == 1);
}

TEST_CASE("a burst beyond one IP packet leaves whole") {
    Sockets sockets({at("127.0.0.1")});
    const UdpClient client(sockets.boundAddresses()[0], "127.0.0.1");
    const Path path = pathTo(client, sockets);
    sendBurst(sockets, path, client, std::vector<std::size_t>(64, 1500));
    CHECK(sockets.counters().sendErrors == 0);
    CHECK(sockets.counters().sentPackets == 64);
}

TEST_CASE("what a burst has no room for goes with the next") {
    Sockets sockets({at("127.0.0.1")});
    const UdpClient client(sockets.boundAddresses()[0], "127.0.0.1");
    const Path path = pathTo(client, sockets);
    constexpr std::size_t packets = 150;
    std::size_t flushes = 0;
    for (std::size_t i = 0; i < packets; ++i) {
        if (sockets.room(1000).empty()) {
            ++flushes;
            sockets.flush(path);
        }
        put(sockets, packetOf(1000, i));
    }
    sockets.flush(path);
    CHECK(flushes == 2);
    for (std::size_t i = 0; i < packets; ++i)
        CHECK(client.receive() == packetOf(1000, i));
}

TEST_CASE("without segments a burst leaves in one call all the same") {
    SocketOptions options;
    options.segments = false;
    Sockets sockets({at("0.0.0.0")}, options);
    const UdpClient client(at("127.0.0.2", portOf(sockets)), "127.0.0.1");
    const Path path = pathTo(client, sockets);
    CHECK_FALSE(sockets.segments());
    sendBurst(sockets, path, client, {1200, 1200, 1200, 50, 1400});
    CHECK(sockets.counters().sendCalls == 1);
    CHECK(sockets.counters().sentPackets == 5);
}

TEST_CASE("when segments fail the burst leaves without, and they are tried again later") {
    Sockets sockets({at("127.0.0.1")});
    const UdpClient client(sockets.boundAddresses()[0], "127.0.0.1");
    const Path path = pathTo(client, sockets);
    const int fd = sockets.descriptors()[0];
    const auto setChecksums = [fd](int off) {
        // The kernel segments nothing that is to have no checksum.
        REQUIRE(::setsockopt(fd, SOL_SOCKET, SO_NO_CHECK, &off, sizeof off) == 0);
    };
    const auto calls = [&] { return sockets.counters().sendCalls; };
    const std::vector<std::size_t> sizes{10, 1000, 1000, 1000, 10};

    setChecksums(1);
    constexpr std::uint64_t bursts = 100;
    for (std::uint64_t i = 0; i < bursts; ++i)
        sendBurst(sockets, path, client, sizes);
    CHECK_FALSE(sockets.segments());
    CHECK(calls() > bursts);
    CHECK(calls() <= bursts + 2 * 7); // tried at burst 1, 3, 6, 11, 20, 37, 70
    CHECK(sockets.counters().sendErrors == 0);
    CHECK(sockets.counters().sentPackets == bursts * sizes.size());

    setChecksums(0);
    for (std::uint64_t i = 0; i < bursts && !sockets.segments(); ++i)
        sendBurst(sockets, path, client, sizes);
    REQUIRE(sockets.segments());
    const auto before = calls();
    sendBurst(sockets, path, client, sizes);
    CHECK(calls() == before + 1);
    CHECK(sockets.segments());
}

TEST_CASE("what cannot be sent is counted, and what follows is sent") {
    Sockets sockets({at("127.0.0.1")});
    const UdpClient client(sockets.boundAddresses()[0], "127.0.0.1");
    const Path path = pathTo(client, sockets);
    Path nowhere = path;
    nowhere.remote = at("192.0.2.1", 9); // from 127.0.0.1 nothing leaves the machine
    sockets.send(nowhere, Datagram{1});
    CHECK(sockets.counters().sendErrors == 1);
    for (int i = 0; i < 3; ++i)
        put(sockets, packetOf(100, 1));
    sockets.flush(nowhere);
    CHECK(sockets.counters().sendErrors == 4);
    CHECK(sockets.counters().sentPackets == 0);
    sendBurst(sockets, path, client, {100, 100, 30});
}

TEST_CASE("a viewer that is gone ends nothing") {
    Sockets sockets({at("127.0.0.1")});
    const UdpClient client(sockets.boundAddresses()[0], "127.0.0.1");
    const Path path = pathTo(client, sockets);
    auto gone = std::make_unique<UdpClient>(sockets.boundAddresses()[0], "127.0.0.1");
    const Path lost = pathTo(*gone, sockets);
    gone.reset();
    for (int i = 0; i < 20; ++i) {
        sockets.send(lost, Datagram{1});
        sendBurst(sockets, path, client, {500, 500});
    }
    CHECK(pathTo(client, sockets) == path);
}

TEST_CASE("a send buffer that is full loses and counts, and never blocks") {
    // Where a neighbour never says where it is, what is for it stays in the buffer. The test network has
    // such.
    const auto all = interfaceAddresses();
    if (std::find(all.begin(), all.end(), at("10.77.0.1")) == all.end()) {
        WARN("not in a network of its own (tests/support/isolated.sh)");
        return;
    }
    SocketOptions options;
    options.bufferBytes = 8192;
    Sockets sockets({at("10.77.0.1")}, options);
    const Path path{at("10.77.0.99", 9), sockets.boundAddresses()[0], 0};
    constexpr std::uint64_t bursts = 200;
    const auto began = Clock::now();
    for (std::uint64_t i = 0; i < bursts; ++i) {
        for (int n = 0; n < 4; ++n)
            put(sockets, packetOf(1200, i));
        put(sockets, packetOf(1300, i));
        sockets.flush(path);
        sockets.send(path, packetOf(1000, i));
    }
    CHECK(Clock::now() - began < std::chrono::seconds(1));
    const auto counters = sockets.counters();
    CHECK(counters.sendErrors > bursts);
    CHECK(counters.sentPackets + counters.sendErrors == bursts * 6);
    CHECK(sockets.segments());
}

TEST_CASE("buffers that are smaller than asked for are told with the sysctl and its value") {
    SocketOptions options;
    options.forceBuffers = false;
    options.bufferBytes = 1 << 30;
    const Sockets sockets({at("127.0.0.1"), at("127.0.0.2")}, options);
    CHECK_THAT(sockets.bufferWarning(), Catch::Contains("set net.core.rmem_max to 1073741824"));
    CHECK_THAT(sockets.bufferWarning(), Catch::Contains("set net.core.wmem_max to 1073741824"));

    options.bufferBytes = 65536;
    CHECK(Sockets({at("127.0.0.1")}, options).bufferWarning().empty());
}

TEST_CASE("the sockets of two workers share a port, and both receive") {
    Sockets first({at("127.0.0.1")});
    Sockets second(first.boundAddresses());
    REQUIRE(first.boundAddresses() == second.boundAddresses());
    constexpr std::size_t viewers = 64;
    std::vector<std::unique_ptr<UdpClient>> clients;
    for (std::size_t i = 0; i < viewers; ++i) {
        clients.push_back(std::make_unique<UdpClient>(first.boundAddresses()[0], "127.0.0.1"));
        clients.back()->send({1});
    }
    const auto some = receive(first).size();
    const auto others = receive(second).size();
    CHECK(some > 0);
    CHECK(others > 0);
    CHECK(some + others == viewers);
}

TEST_CASE("a port that somebody has is refused to who wants it alone") {
    SocketOptions alone;
    alone.exclusive = true;
    const Sockets first({at("127.0.0.1")}, alone);
    const auto taken = first.boundAddresses();
    CHECK_THROWS_WITH(Sockets(taken, alone), Catch::Contains("cannot listen on UDP " + taken[0].text()) &&
                                                 Catch::Contains("in use"));
    CHECK_NOTHROW(Sockets(taken));
}

TEST_CASE("an address that is not ours is refused by its name") {
    CHECK_THROWS_WITH(Sockets({at("192.0.2.1", 9)}), Catch::Contains("cannot listen on UDP 192.0.2.1:9"));
}

TEST_CASE("datagrams of any size end nothing, and those too long are not handed out") {
    Sockets sockets({at("0.0.0.0")});
    const UdpClient client(at("127.0.0.1", portOf(sockets)), "127.0.0.1");
    const std::vector<std::size_t> sizes{0, 1, 1500, 1501, 9000, 65507, 0, 1200};
    for (std::size_t i = 0; i < sizes.size(); ++i)
        client.send(packetOf(sizes[i], i));
    const auto came = receive(sockets);
    REQUIRE(came.size() == 5);
    const std::vector<std::size_t> valid{0, 1, 2, 6, 7};
    for (std::size_t i = 0; i < valid.size(); ++i)
        CHECK(came[i].datagram == packetOf(sizes[valid[i]], valid[i]));
    CHECK(sockets.counters().receivedPackets == sizes.size());
}

TEST_CASE("no more is read at a time than was asked for, and nothing is lost by it") {
    Sockets sockets({at("127.0.0.1")});
    const UdpClient client(sockets.boundAddresses()[0], "127.0.0.1");
    for (std::size_t i = 0; i < 100; ++i)
        client.send(packetOf(50, i));
    CHECK(receive(sockets, 0, 7).size() == 7);
    CHECK(receive(sockets, 0, 40).size() == 40);
    const auto rest = receive(sockets);
    REQUIRE(rest.size() == 53);
    CHECK(rest.front().datagram == packetOf(50, 47));
    CHECK(rest.back().datagram == packetOf(50, 99));
    CHECK(sockets.receive(0, 10, [](MutableBytes, const Path&) {}) == 0);
}
