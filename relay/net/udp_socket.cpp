#include "relay/net/udp_socket.h"

#include <fmt/core.h>

#include <cerrno>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace spillway::relay {

namespace {

/// A keyframe of some hundred packets leaves at once; the kernel may grant less.
constexpr int sendBufferBytes = 512 * 1024;
/// Nothing is read: what receivers send back fills this and is dropped by the kernel.
constexpr int receiveBufferBytes = 4096;

} // namespace

UdpSocket::UdpSocket(const SocketAddress& remote)
    : socket_(::socket(remote.family(), SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
    if (!socket_ || ::connect(socket_.get(), remote.get(), remote.size()) != 0)
        throw std::runtime_error(
            fmt::format("cannot send to {}: {}", remote.text(), std::generic_category().message(errno)));
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_SNDBUF, &sendBufferBytes, sizeof sendBufferBytes);
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVBUF, &receiveBufferBytes, sizeof receiveBufferBytes);
}

int UdpSocket::send(iovec* parts, std::size_t count) {
    msghdr message{};
    message.msg_iov = parts;
    message.msg_iovlen = count;
    // An earlier datagram was refused: the kernel reports it here, once, instead of sending this one.
    for (int attempt = 0;; ++attempt) {
        if (::sendmsg(socket_.get(), &message, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0) return 0;
        if (errno == ECONNREFUSED) refused_ = true;
        if ((errno != ECONNREFUSED && errno != EINTR) || attempt == 2) break;
    }
    return errno == ECONNREFUSED ? 0 : errno;
}

int UdpSocket::send(const void* data, std::size_t bytes) {
    iovec part{const_cast<void*>(data), bytes};
    return send(&part, 1);
}

bool UdpSocket::takeRefused() {
    return std::exchange(refused_, false);
}

bool UdpSocket::askRefused() {
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &error, &size);
    if (error == ECONNREFUSED) refused_ = true;
    return takeRefused();
}

} // namespace spillway::relay
