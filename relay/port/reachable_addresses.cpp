#include "relay/port/reachable_addresses.h"

#include <ifaddrs.h>
#include <net/if.h>

#include <algorithm>
#include <memory>

namespace spillway::relay::port {

namespace {

/// 0 is best. For a wildcard socket only addresses of the best rank found are offered.
int rank(const SocketAddress& address) {
    // Link-local IPv6 is last: the remote must name one of its own interfaces with it.
    if (address.isLinkLocal()) return address.family() == AF_INET6 ? 3 : 1;
    return address.isLoopback() ? 2 : 0;
}

} // namespace

void addOnce(std::vector<SocketAddress>& addresses, const SocketAddress& address) {
    if (std::find(addresses.begin(), addresses.end(), address) == addresses.end())
        addresses.push_back(address);
}

std::vector<SocketAddress> interfaceAddresses() {
    ifaddrs* first = nullptr;
    if (::getifaddrs(&first) != 0) return {};
    const std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> list(first, ::freeifaddrs);
    std::vector<SocketAddress> addresses;
    for (const ifaddrs* each = list.get(); each != nullptr; each = each->ifa_next) {
        if (each->ifa_addr == nullptr || (each->ifa_flags & IFF_UP) == 0) continue;
        const auto address = SocketAddress::of(each->ifa_addr);
        // Without its scope, which says nothing elsewhere.
        if (address.family() == AF_INET6)
            addOnce(addresses, SocketAddress::of(address.v6().sin6_addr, 0));
        else if (address.family() == AF_INET)
            addOnce(addresses, address);
    }
    return addresses;
}

std::vector<SocketAddress> announcedAddresses(const std::vector<SocketAddress>& bound,
                                              const std::vector<SocketAddress>& announced) {
    std::vector<SocketAddress> addresses;
    for (const auto& address : announced) {
        if (address.port() != 0) addOnce(addresses, address);
        for (const auto& socket : bound)
            if (address.port() == 0 && socket.family() == address.family())
                addOnce(addresses, address.withPort(socket.port()));
    }
    return addresses;
}

std::vector<SocketAddress> ownAddresses(const std::vector<SocketAddress>& bound,
                                        const std::vector<SocketAddress>& interfaces) {
    std::vector<SocketAddress> addresses;
    int best = 4;
    for (const auto& socket : bound) {
        if (!socket.isWildcard()) {
            addOnce(addresses, socket);
            best = std::min(best, rank(socket));
        }
        for (const auto& address : interfaces)
            if (socket.isWildcard() && address.family() == socket.family())
                best = std::min(best, rank(address));
    }
    for (const auto& socket : bound)
        for (const auto& address : interfaces)
            if (socket.isWildcard() && address.family() == socket.family() && rank(address) == best)
                addOnce(addresses, address.withPort(socket.port()));
    return addresses;
}

} // namespace spillway::relay::port
