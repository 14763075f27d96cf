// The other end of a TCP connection of the port: a socket that frames what it sends, and waits for what is
// sent to it, but not for ever.
#pragma once

#include "relay/port/socket_fixture.h"
#include "relay/port/tcp_framing.h"

#include "relay/base/big_endian.h"

#include <netinet/in.h>

#include <cerrno>
#include <deque>
#include <utility>

namespace spillway::test {

inline Datagram framed(const Datagram& datagram) {
    Datagram frame(relay::port::frameHeaderBytes);
    relay::writeU16(frame.data(), static_cast<std::uint16_t>(datagram.size()));
    frame.insert(frame.end(), datagram.begin(), datagram.end());
    return frame;
}

class TcpClient {
  public:
    /// `receiveBytes` is what the kernel keeps for it; 0 leaves that to the kernel.
    explicit TcpClient(const SocketAddress& server, const std::string& host = "127.0.0.1",
                       int receiveBytes = 0)
        : socket_(::socket(server.family(), SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        const timeval patience{8, 0};
        const auto local = SocketAddress::parse(host).value();
        REQUIRE(::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) == 0);
        if (receiveBytes > 0)
            REQUIRE(::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVBUF, &receiveBytes, sizeof receiveBytes) ==
                    0);
        REQUIRE(::bind(socket_.get(), local.get(), local.size()) == 0);
        REQUIRE(::connect(socket_.get(), server.get(), server.size()) == 0);
    }

    /// As it is.
    void write(const Datagram& bytes) const {
        REQUIRE(::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
                static_cast<ssize_t>(bytes.size()));
    }
    void send(const Datagram& datagram) const { write(framed(datagram)); }
    /// Nothing when none came in time, or the connection is closed.
    std::optional<Datagram> receive() const {
        while (came_.empty()) {
            Datagram bytes(65536);
            const auto received = ::recv(socket_.get(), bytes.data(), bytes.size(), 0);
            if (received <= 0) return std::nullopt;
            bytes.resize(static_cast<std::size_t>(received));
            take(bytes);
        }
        Datagram first = std::move(came_.front());
        came_.pop_front();
        return first;
    }
    /// Reads on until it is closed; false when it is not in time.
    bool isClosed() const {
        while (receive()) {
        }
        std::uint8_t byte = 0;
        const auto received = ::recv(socket_.get(), &byte, 1, MSG_DONTWAIT);
        return received == 0 || (received < 0 && errno != EAGAIN);
    }
    /// Whether it is open now, as far as is known here.
    bool isOpen() const {
        std::uint8_t byte = 0;
        const auto received = ::recv(socket_.get(), &byte, 1, MSG_DONTWAIT | MSG_PEEK);
        return received > 0 || (received < 0 && errno == EAGAIN);
    }
    void reset() {
        const linger atOnce{1, 0};
        ::setsockopt(socket_.get(), SOL_SOCKET, SO_LINGER, &atOnce, sizeof atOnce);
        socket_.close();
    }
    SocketAddress address() const {
        sockaddr_storage bound{};
        socklen_t size = sizeof bound;
        REQUIRE(::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&bound), &size) == 0);
        return SocketAddress::of(reinterpret_cast<const sockaddr*>(&bound));
    }

  private:
    void take(const Datagram& bytes) const {
        part_.insert(part_.end(), bytes.begin(), bytes.end());
        for (;;) {
            if (part_.size() < 2) return;
            const std::size_t whole = 2 + std::size_t{relay::readU16(part_.data())};
            if (part_.size() < whole) return;
            came_.emplace_back(part_.begin() + 2, part_.begin() + static_cast<std::ptrdiff_t>(whole));
            part_.erase(part_.begin(), part_.begin() + static_cast<std::ptrdiff_t>(whole));
        }
    }

    Descriptor socket_;
    mutable Datagram part_;
    mutable std::deque<Datagram> came_;
};

} // namespace spillway::test
