#include "relay/port/control_message.h"

#include <netinet/in.h>
#include <netinet/udp.h>

namespace spillway::relay::port {

void ControlMessages::addLocal(const SocketAddress& local) {
    if (local.family() == AF_INET) {
        in_pktinfo info{};
        info.ipi_spec_dst = local.v4().sin_addr;
        add(IPPROTO_IP, IP_PKTINFO, info);
    } else if (local.family() == AF_INET6) {
        in6_pktinfo info{};
        info.ipi6_addr = local.v6().sin6_addr;
        info.ipi6_ifindex = local.v6().sin6_scope_id;
        add(IPPROTO_IPV6, IPV6_PKTINFO, info);
    }
}

void ControlMessages::addSegment(std::uint16_t bytes) {
    add(SOL_UDP, UDP_SEGMENT, bytes);
}

void ControlMessages::giveTo(msghdr& message) {
    message.msg_control = used_ == 0 ? nullptr : room_.data();
    message.msg_controllen = used_;
}

void ControlMessages::receiveInto(msghdr& message) {
    message.msg_control = room_.data();
    message.msg_controllen = room_.size();
}

SocketAddress localOf(msghdr& message, const SocketAddress& bound) {
    for (cmsghdr* each = CMSG_FIRSTHDR(&message); each != nullptr; each = CMSG_NXTHDR(&message, each)) {
        if (each->cmsg_level == IPPROTO_IP && each->cmsg_type == IP_PKTINFO) {
            in_pktinfo info{};
            std::memcpy(&info, CMSG_DATA(each), sizeof info);
            return SocketAddress::of(info.ipi_spec_dst, bound.port());
        }
        if (each->cmsg_level == IPPROTO_IPV6 && each->cmsg_type == IPV6_PKTINFO) {
            in6_pktinfo info{};
            std::memcpy(&info, CMSG_DATA(each), sizeof info);
            const bool scoped = IN6_IS_ADDR_LINKLOCAL(&info.ipi6_addr);
            return SocketAddress::of(info.ipi6_addr, bound.port(), scoped ? info.ipi6_ifindex : 0);
        }
    }
    return bound;
}

} // namespace spillway::relay::port
