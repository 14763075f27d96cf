#include "relay/port/bound_socket.h"

#include "relay/base/log.h"
#include "relay/port/socket_buffers.h"

#include <fmt/core.h>
#include <linux/filter.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <stdexcept>
#include <system_error>

namespace spillway::relay::port {

namespace {

bool setOption(int socket, int level, int option, int value) {
    return ::setsockopt(socket, level, option, &value, sizeof value) == 0;
}

void need(bool done) {
    if (!done) throw std::system_error(errno, std::generic_category());
}

Descriptor opened(const SocketAddress& address) {
    Descriptor socket(::socket(address.family(), SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    need(bool{socket});
    // Else `::` would take the IPv4 of `0.0.0.0` too, and paths would have addresses such as
    // ::ffff:192.0.2.1.
    if (address.family() == AF_INET6) need(setOption(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, 1));
    return socket;
}

/// With the port that the kernel chose, if it had to.
SocketAddress boundTo(const Descriptor& socket, const SocketAddress& address) {
    need(::bind(socket.get(), address.get(), address.size()) == 0);
    sockaddr_storage bound{};
    socklen_t size = sizeof bound;
    need(::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&bound), &size) == 0);
    return SocketAddress::of(reinterpret_cast<const sockaddr*>(&bound));
}

/// RFC 7983 section 7 and RFC 5761 section 4, as kindOf(): the first socket of the port for RTP, none in
/// particular for the rest, which the kernel then spreads by address.
bool steerRtpHere(int socket) {
    constexpr std::uint32_t here = 0;
    constexpr std::uint32_t byAddress = 0xffffffff;
    std::array<sock_filter, 9> program{{
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0),          // the first byte: 128 to 191 is RTP or RTCP,
        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 128, 0, 6), //
        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 192, 5, 0), //
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 1),          // the second: 192 to 223 is RTCP
        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 192, 0, 2), //
        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 224, 1, 0), //
        BPF_STMT(BPF_RET | BPF_K, byAddress),           //
        BPF_STMT(BPF_RET | BPF_K, here),                //
        BPF_STMT(BPF_RET | BPF_K, byAddress),
    }};
    const sock_fprog filter{static_cast<unsigned short>(program.size()), program.data()};
    return ::setsockopt(socket, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &filter, sizeof filter) == 0;
}

/// The address with a port that nobody has: without SO_REUSEPORT no other can be bound, nor chosen for port
/// 0.
SocketAddress unshared(const SocketAddress& address) {
    const Descriptor socket = opened(address);
    return boundTo(socket, address);
}

} // namespace

BoundSocket::BoundSocket(const SocketAddress& address, const SocketOptions& options)
    : wildcard_(address.isWildcard()) {
    try {
        bindTo(options.exclusive ? unshared(address) : address);
    } catch (const std::system_error& error) {
        throw std::runtime_error(
            fmt::format("cannot listen on UDP {}: {}", address.text(), error.code().message()));
    }
    bufferWarning_ = setSocketBuffers(socket_.get(), options.bufferBytes, options.forceBuffers);
    if (options.takesRtp && !steerRtpHere(socket_.get()))
        log::warn("cannot steer RTP to one socket of {}: {}", address_.text(),
                  std::generic_category().message(errno));
}

void BoundSocket::bindTo(const SocketAddress& address) {
    socket_ = opened(address);
    const int fd = socket_.get();
    need(setOption(fd, SOL_SOCKET, SO_REUSEPORT, 1));
    if (wildcard_ && address.family() == AF_INET6)
        need(setOption(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1));
    else if (wildcard_)
        need(setOption(fd, IPPROTO_IP, IP_PKTINFO, 1));
    address_ = boundTo(socket_, address);
}

std::uint32_t BoundSocket::drops() const {
    std::array<std::uint32_t, SK_MEMINFO_VARS> memory{};
    socklen_t size = sizeof memory;
    ::getsockopt(socket_.get(), SOL_SOCKET, SO_MEMINFO, memory.data(), &size);
    return memory[SK_MEMINFO_DROPS];
}

bool BoundSocket::canSegment() const {
    int value = 0;
    socklen_t size = sizeof value;
    return ::getsockopt(socket_.get(), SOL_UDP, UDP_SEGMENT, &value, &size) == 0;
}

} // namespace spillway::relay::port
