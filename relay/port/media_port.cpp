#include "relay/port/media_port.h"

#include "relay/port/reachable_addresses.h"

#include <cstdint>
#include <stdexcept>

namespace spillway::relay::port {

namespace {

/// RFC 8445 section 5.1.2.1: of type host, component 1.
constexpr std::uint32_t hostPriority = 126U << 24U | 255U;

std::vector<SocketAddress> listenAddresses(const config::WebrtcSettings& settings) {
    std::vector<SocketAddress> addresses;
    for (const auto& listen : settings.listen) {
        const auto address = SocketAddress::parse(listen.host());
        if (!address) throw std::runtime_error("webrtc.listen: " + listen.text() + " is not an address");
        addresses.push_back(address->withPort(listen.port()));
    }
    return addresses;
}

} // namespace

MediaPort::MediaPort(const config::WebrtcSettings& settings)
    : addresses_(listenAddresses(settings))
    , announced_(settings.announce)
    , announceLocal_(settings.announceLocal) {}

std::unique_ptr<Sockets> MediaPort::bind(SocketOptions options) {
    options.exclusive = !bound_;
    auto sockets = std::make_unique<Sockets>(addresses_, options);
    addresses_ = sockets->boundAddresses();
    bound_ = true;
    return sockets;
}

std::vector<SocketAddress> MediaPort::reachable() const {
    std::vector<SocketAddress> all = announcedAddresses(addresses_, announced_.addresses());
    if (announced_.isSet() && !announceLocal_) return all;
    for (const auto& address : ownAddresses(addresses_, interfaceAddresses()))
        addOnce(all, address);
    return all;
}

std::vector<std::string> MediaPort::candidates() const {
    std::vector<std::string> candidates;
    for (const auto& address : reachable()) {
        if (candidates.size() == mostCandidates) break;
        const auto number = static_cast<std::uint32_t>(candidates.size());
        const std::uint32_t priority = hostPriority | (65535U - number) << 8U;
        candidates.push_back("candidate:" + std::to_string(number + 1) + " 1 udp " +
                             std::to_string(priority) + " " + address.host() + " " +
                             std::to_string(address.port()) + " typ host");
    }
    return candidates;
}

} // namespace spillway::relay::port
