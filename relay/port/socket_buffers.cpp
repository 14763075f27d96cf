#include "relay/port/socket_buffers.h"

#include <fmt/core.h>
#include <sys/socket.h>

namespace spillway::relay::port {

namespace {

bool setOption(int socket, int option, int value) {
    return ::setsockopt(socket, SOL_SOCKET, option, &value, sizeof value) == 0;
}

int optionOf(int socket, int option) {
    int value = 0;
    socklen_t size = sizeof value;
    return ::getsockopt(socket, SOL_SOCKET, option, &value, &size) == 0 ? value : 0;
}

struct Buffer {
    int option;
    int forced;
    const char* purpose;
    const char* sysctl;
};

constexpr Buffer receiving{SO_RCVBUF, SO_RCVBUFFORCE, "receiving", "net.core.rmem_max"};
constexpr Buffer sending{SO_SNDBUF, SO_SNDBUFFORCE, "sending", "net.core.wmem_max"};

/// A warning for the operator; empty when the kernel gave it all.
std::string setBuffer(int socket, const Buffer& buffer, int bytes, bool force) {
    if (!force || !setOption(socket, buffer.forced, bytes)) setOption(socket, buffer.option, bytes);
    // The kernel doubles the size asked for, for its own bookkeeping, and reports the double.
    const int given = optionOf(socket, buffer.option) / 2;
    if (given >= bytes) return {};
    return fmt::format("buffer for {} has {} of {} bytes: set {} to {}", buffer.purpose, given, bytes,
                       buffer.sysctl, bytes);
}

} // namespace

std::string setSocketBuffers(int socket, int bytes, bool force) {
    std::string warning = setBuffer(socket, receiving, bytes, force);
    const std::string other = setBuffer(socket, sending, bytes, force);
    if (!warning.empty() && !other.empty()) warning += "; ";
    return warning + other;
}

std::chrono::milliseconds holdingTime(int socket) {
    // The kernel charges 2304 bytes for a packet of 1200.
    constexpr int chargedEachMillisecond = 125'000 / 1200 * 2304;
    return std::chrono::milliseconds(optionOf(socket, SO_RCVBUF) / chargedEachMillisecond);
}

} // namespace spillway::relay::port
