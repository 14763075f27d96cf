#include "relay/port/sockets.h"

#include "relay/port/socket_fixture.h"
#include "support/catch.h"

#include <memory>
#include <string>
#include <vector>

using namespace spillway::relay;
using namespace spillway::relay::port;
using namespace spillway::test;

namespace {

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

TEST_CASE("of the sockets that share a port one takes all RTP, and the rest goes by address as before") {
    SocketOptions rtp;
    rtp.takesRtp = true;
    Sockets first({at("127.0.0.1")}, rtp);
    Sockets second(first.boundAddresses());
    Sockets third(first.boundAddresses());
    const std::vector<Datagram> media{{0x80, 96},  {0x90, 0xE0}, {0xBF, 127, 1},
                                      {0x80, 191}, {0x80, 224},  {0x80, 255}};
    const std::vector<Datagram> others{{0x80, 192}, {0x81, 200}, {0x80, 223}, {0, 1},   {3, 1}, {20, 254},
                                       {63, 254},   {127, 0},    {192, 96},   {255, 0}, {0x80}, {}};
    std::vector<std::unique_ptr<UdpClient>> clients;
    for (int i = 0; i < 32; ++i) {
        clients.push_back(std::make_unique<UdpClient>(first.boundAddresses()[0], "127.0.0.1"));
        for (const auto* datagrams : {&media, &others})
            for (const Datagram& datagram : *datagrams)
                clients.back()->send(datagram);
    }
    const auto count = [](Sockets& sockets, const std::vector<Datagram>& wanted) {
        std::size_t found = 0;
        for (const auto& came : receive(sockets))
            found += static_cast<std::size_t>(std::count(wanted.begin(), wanted.end(), came.datagram));
        return found;
    };
    CHECK(count(first, media) == 32 * media.size());
    for (Sockets* sockets : {&second, &third}) {
        const auto all = receive(*sockets);
        CHECK(all.size() > others.size());
        for (const auto& came : all)
            CHECK(std::count(media.begin(), media.end(), came.datagram) == 0);
    }
}

TEST_CASE("what the kernel drops because nobody reads is counted") {
    SocketOptions small;
    small.bufferBytes = 4096;
    Sockets sockets({at("127.0.0.1")}, small);
    CHECK(sockets.drops() == 0);
    const UdpClient client(sockets.boundAddresses()[0], "127.0.0.1");
    constexpr std::size_t sent = 200;
    for (std::size_t i = 0; i < sent; ++i)
        client.send(Datagram(1000));
    CHECK(receive(sockets).size() + sockets.drops() == sent);
    CHECK(sockets.drops() > 0);
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
