// The other end of a worker's sockets: a UDP socket that waits for what is sent to it, but not for ever; and
// what tests do with the two.
#pragma once

#include "relay/base/descriptor.h"
#include "relay/net/socket_address.h"
#include "relay/port/reachable_addresses.h"
#include "relay/port/sockets.h"
#include "support/catch.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace spillway::test {

using namespace relay;
using namespace relay::port;

using Datagram = std::vector<std::uint8_t>;

class UdpClient {
  public:
    /// Talks to `server` alone, from `host`.
    explicit UdpClient(const SocketAddress& server, const std::string& host)
        : socket_(::socket(server.family(), SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
        const auto local = SocketAddress::parse(host).value();
        const timeval patience{2, 0};
        const int buffer = 4 * 1024 * 1024;
        REQUIRE(::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) == 0);
        REQUIRE(::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer) == 0);
        REQUIRE(::bind(socket_.get(), local.get(), local.size()) == 0);
        REQUIRE(::connect(socket_.get(), server.get(), server.size()) == 0);
    }

    void send(const Datagram& datagram) const {
        REQUIRE(::send(socket_.get(), datagram.data(), datagram.size(), 0) ==
                static_cast<ssize_t>(datagram.size()));
    }
    /// Nothing when none came in time.
    std::optional<Datagram> receive() const {
        Datagram datagram(65536);
        const auto bytes = ::recv(socket_.get(), datagram.data(), datagram.size(), 0);
        if (bytes < 0) return std::nullopt;
        datagram.resize(static_cast<std::size_t>(bytes));
        return datagram;
    }
    bool hasMore() const {
        std::uint8_t byte = 0;
        return ::recv(socket_.get(), &byte, 1, MSG_DONTWAIT | MSG_PEEK) >= 0;
    }
    SocketAddress address() const {
        sockaddr_storage bound{};
        socklen_t size = sizeof bound;
        REQUIRE(::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&bound), &size) == 0);
        return SocketAddress::of(reinterpret_cast<const sockaddr*>(&bound));
    }

  private:
    Descriptor socket_;
};

inline SocketAddress at(const std::string& host, std::uint16_t port = 0) {
    return SocketAddress::parse(host).value().withPort(port);
}

inline std::uint16_t portOf(const Sockets& sockets, std::size_t socket = 0) {
    return sockets.boundAddresses().at(socket).port();
}

struct Came {
    Datagram datagram;
    Path path;
};

/// What waits at a socket, at least one datagram unless none comes in time.
inline std::vector<Came> receive(Sockets& sockets, std::size_t socket = 0, std::size_t max = 1000) {
    std::vector<Came> came;
    pollfd readable{sockets.descriptors().at(socket), POLLIN, 0};
    ::poll(&readable, 1, 2000);
    sockets.receive(socket, max, [&](MutableBytes bytes, const Path& path) {
        came.push_back({Datagram(bytes.begin(), bytes.end()), path});
    });
    return came;
}

/// The path to a client, learned from what it sends.
inline Path pathTo(const UdpClient& client, Sockets& sockets, std::size_t socket = 0) {
    client.send({1});
    const auto came = receive(sockets, socket);
    REQUIRE(came.size() == 1);
    return came[0].path;
}

inline Datagram packetOf(std::size_t size, std::size_t number) {
    Datagram packet(size, static_cast<std::uint8_t>(number));
    for (std::size_t i = 0; i < size; i += 3)
        packet[i] = static_cast<std::uint8_t>(number * 31 + i);
    return packet;
}

inline void put(Sockets& sockets, const Datagram& packet) {
    const auto room = sockets.room(packet.size());
    REQUIRE(room.size() == packet.size());
    std::copy(packet.begin(), packet.end(), room.begin());
    sockets.add(packet.size());
}

/// Sends a burst of these sizes, and checks that it comes as it went.
inline void sendBurst(Sockets& sockets, const Path& path, const UdpClient& client,
                      const std::vector<std::size_t>& sizes) {
    for (std::size_t i = 0; i < sizes.size(); ++i)
        put(sockets, packetOf(sizes[i], i));
    sockets.flush(path);
    for (std::size_t i = 0; i < sizes.size(); ++i)
        CHECK(client.receive() == packetOf(sizes[i], i));
    CHECK_FALSE(client.hasMore());
}

inline bool hasIpv6() {
    const auto all = interfaceAddresses();
    return std::find(all.begin(), all.end(), at("::1")) != all.end();
}

} // namespace spillway::test
