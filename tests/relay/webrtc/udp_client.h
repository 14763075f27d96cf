// The other end of a socket: one UDP socket that waits for what is sent to it, but not for ever.
#pragma once

#include "relay/outputs/descriptor.h"
#include "relay/outputs/socket_address.h"
#include "support/catch.h"

#include <sys/socket.h>
#include <sys/time.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace spillway::test {

using Datagram = std::vector<std::uint8_t>;

class UdpClient {
  public:
    /// Talks to `server` alone, from `host`.
    explicit UdpClient(const relay::SocketAddress& server, const std::string& host)
        : socket_(::socket(server.family(), SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
        const auto local = relay::SocketAddress::parse(host).value();
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
    relay::SocketAddress address() const {
        sockaddr_storage bound{};
        socklen_t size = sizeof bound;
        REQUIRE(::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&bound), &size) == 0);
        return relay::SocketAddress::of(reinterpret_cast<const sockaddr*>(&bound));
    }

  private:
    relay::Descriptor socket_;
};

} // namespace spillway::test
