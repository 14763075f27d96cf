// What accompanies a datagram to and from the kernel: which of our addresses it reached or shall leave from
// (ip(7) IP_PKTINFO, ipv6(7) IPV6_PKTINFO), and how it is to be cut (udp(7) UDP_SEGMENT). A value.
#pragma once

#include "relay/net/socket_address.h"

#include <sys/socket.h>

#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace spillway::relay::port {

class ControlMessages {
  public:
    void clear() { used_ = 0; }
    /// The source address of the datagram.
    void addLocal(const SocketAddress& local);
    /// The bytes of each datagram but the last.
    void addSegment(std::uint16_t bytes);

    /// Into a message to be sent; this is to outlive the call.
    void giveTo(msghdr& message);
    /// Into a message to be received.
    void receiveInto(msghdr& message);

  private:
    template <class T>
    void add(int level, int type, const T& value) {
        cmsghdr header{};
        header.cmsg_level = level;
        header.cmsg_type = type;
        header.cmsg_len = CMSG_LEN(sizeof value);
        assert(used_ + CMSG_SPACE(sizeof value) <= room_.size());
        std::memcpy(room_.data() + used_, &header, sizeof header);
        std::memcpy(room_.data() + used_ + CMSG_LEN(0), &value, sizeof value);
        used_ += CMSG_SPACE(sizeof value);
    }

    static constexpr std::size_t capacity =
        CMSG_SPACE(sizeof(in6_pktinfo)) + CMSG_SPACE(sizeof(std::uint16_t));
    alignas(cmsghdr) std::array<std::byte, capacity> room_{};
    std::size_t used_ = 0;
};

/// The address that a received message was sent to, with the port of `bound`; `bound` itself when the kernel
/// did not say.
SocketAddress localOf(msghdr& message, const SocketAddress& bound);

} // namespace spillway::relay::port
