#include "relay/port/socket_fixture.h"
#include "relay/port/sockets.h"
#include "relay/queue/frame.h"
#include "support/catch.h"

#include <sched.h>

#include <chrono>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

using namespace spillway::relay;
using namespace spillway::relay::port;
using namespace spillway::test;

namespace {

/// On a thread with a network of its own, in which 10.77.1.0/24 has nobody but us; false when we may not.
bool inOwnNetwork(const std::function<void()>& test) {
    bool may = false;
    std::thread([&] {
        may = ::unshare(CLONE_NEWNET) == 0 &&
              std::system(
                  "ip link add own0 type veth peer name own1 && ip address add 10.77.1.1/24 dev own0 && "
                  "ip link set own0 up && ip link set own1 up") == 0;
        if (may) test();
    }).join();
    return may;
}

} // namespace

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

TEST_CASE("bursts to many leave in one call, each to its own") {
    Sockets sockets({at("127.0.0.1")});
    std::vector<std::unique_ptr<UdpClient>> clients;
    for (std::size_t i = 0; i < 20; ++i) {
        clients.push_back(std::make_unique<UdpClient>(sockets.boundAddresses()[0], "127.0.0.1"));
        const Path path = pathTo(*clients.back(), sockets);
        sockets.to(path); // nothing was added for it
        for (const std::size_t size : {1000U, 1000U, 300U})
            put(sockets, packetOf(size, i));
        sockets.to(path);
    }
    sockets.flush();
    CHECK(sockets.counters().sendCalls == 1);
    CHECK(sockets.counters().sentPackets == 60);
    for (std::size_t i = 0; i < clients.size(); ++i) {
        for (const std::size_t size : {1000U, 1000U, 300U})
            CHECK(clients[i]->receive() == packetOf(size, i));
        CHECK_FALSE(clients[i]->hasMore());
    }
}

TEST_CASE("of bursts to many, one that cannot be sent takes no other along") {
    Sockets sockets({at("127.0.0.1"), at("127.0.0.2")});
    const UdpClient first(sockets.boundAddresses()[0], "127.0.0.1");
    const UdpClient second(sockets.boundAddresses()[1], "127.0.0.1");
    const Path toFirst = pathTo(first, sockets);
    const Path toSecond = pathTo(second, sockets, 1);
    Path nowhere = toFirst;
    nowhere.remote = at("192.0.2.1", 9); // from 127.0.0.1 nothing leaves the machine
    for (const Path& path : {toFirst, nowhere, toSecond, toFirst}) {
        put(sockets, packetOf(100, 7));
        sockets.to(path);
    }
    sockets.flush();
    CHECK(sockets.counters().sendErrors == 1);
    CHECK(sockets.counters().sentPackets == 3);
    for (const UdpClient* client : {&first, &second, &first})
        CHECK(client->receive() == packetOf(100, 7));
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
    CHECK(calls() <= bursts + 14); // tried at burst 1, 3, 6, 11, 20, 37, 70
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
    constexpr std::uint64_t bursts = 200;
    SocketCounters counters;
    bool segments = false;
    Clock::duration took{};
    const bool ran = inOwnNetwork([&] {
        SocketOptions options;
        options.bufferBytes = 8192;
        Sockets sockets({at("10.77.1.1")}, options);
        // A neighbour that never says where it is: what is for it stays in the buffer.
        const Path path{at("10.77.1.99", 9), sockets.boundAddresses()[0], 0};
        const auto began = Clock::now();
        for (std::uint64_t i = 0; i < bursts; ++i) {
            for (const std::size_t size : {1200U, 1200U, 1200U, 1200U, 1300U})
                put(sockets, packetOf(size, i));
            sockets.flush(path);
            sockets.send(path, packetOf(1000, i));
        }
        took = Clock::now() - began;
        counters = sockets.counters();
        segments = sockets.segments();
    });
    if (!ran) {
        WARN("may not make a network of its own");
        return;
    }
    CHECK(took < std::chrono::seconds(1));
    CHECK(counters.sentPackets > 0);
    CHECK(counters.sendErrors > bursts);
    CHECK(counters.sentPackets + counters.sendErrors == bursts * 6);
    CHECK(segments);
}
