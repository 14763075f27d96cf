#include "relay/port/media_port.h"

#include "relay/port/reachable_addresses.h"

#include <cstdint>
#include <stdexcept>

namespace spillway::relay::port {

namespace {

// RFC 8445 section 5.1.2.1: type preferences of host candidates. That of TCP is below UDP's, peer reflexive
// ones too (RFC 6544 section 4.2).
constexpr std::uint32_t udpPreference = 126;
constexpr std::uint32_t tcpPreference = 90;

/// RFC 8445 section 5.1.2: of component 1.
std::uint32_t priority(std::uint32_t type, std::uint32_t local) {
    return type << 24U | local << 8U | 255U;
}

/// RFC 6544 section 4.2: of passive ones, the `number`th.
std::uint32_t passivePreference(std::uint32_t number) {
    constexpr std::uint32_t direction = 4;
    constexpr std::uint32_t mostOthers = 8191;
    return direction << 13U | (mostOthers - number);
}

std::string candidate(std::size_t foundation, const char* protocol, std::uint32_t priority,
                      const SocketAddress& address) {
    return "candidate:" + std::to_string(foundation) + " 1 " + protocol + " " + std::to_string(priority) +
           " " + address.host() + " " + std::to_string(address.port()) + " typ host";
}

/// `key` names the setting.
std::vector<SocketAddress> numeric(const char* key, const std::vector<config::ListenAddress>& listen) {
    std::vector<SocketAddress> addresses;
    for (const auto& each : listen) {
        const auto address = SocketAddress::parse(each.host());
        if (!address) throw std::runtime_error(std::string(key) + ": " + each.text() + " is not an address");
        addresses.push_back(address->withPort(each.port()));
    }
    return addresses;
}

} // namespace

MediaPort::MediaPort(const config::WebrtcSettings& settings)
    : addresses_(numeric("webrtc.listen", settings.listen))
    , announced_(settings.announce)
    , announceLocal_(settings.announceLocal) {
    const auto tcp = numeric("webrtc.listen_tcp", settings.listenTcp);
    if (!tcp.empty()) tcp_ = std::make_unique<TcpPort>(tcp, directory_);
}

void MediaPort::stop() {
    if (tcp_) tcp_->stop();
}

std::unique_ptr<Sockets> MediaPort::bind(SocketOptions options) {
    options.exclusive = !bound_;
    auto sockets = std::make_unique<Sockets>(addresses_, options, tcp_ ? &tcp_->connections() : nullptr);
    addresses_ = sockets->boundAddresses();
    bound_ = true;
    return sockets;
}

std::vector<SocketAddress> MediaPort::reachableOf(const std::vector<SocketAddress>& bound) const {
    std::vector<SocketAddress> all = announcedAddresses(bound, announced_.addresses());
    if (announced_.isSet() && !announceLocal_) return all;
    for (const auto& address : ownAddresses(bound, interfaceAddresses()))
        addOnce(all, address);
    return all;
}

std::vector<SocketAddress> MediaPort::reachableByTcp() const {
    if (!tcp_) return {};
    return reachableOf(tcp_->addresses());
}

std::vector<SocketAddress> MediaPort::reachable() const {
    auto addresses = reachableOf(addresses_);
    const auto byTcp = reachableByTcp();
    addresses.insert(addresses.end(), byTcp.begin(), byTcp.end());
    return addresses;
}

std::vector<std::string> MediaPort::candidates() const {
    std::vector<std::string> candidates;
    for (const auto& address : reachableOf(addresses_)) {
        if (candidates.size() == mostCandidates) break;
        const auto number = static_cast<std::uint32_t>(candidates.size());
        candidates.push_back(candidate(number + 1, "udp", priority(udpPreference, 65535U - number), address));
    }
    std::uint32_t number = 0;
    for (const auto& address : reachableByTcp()) {
        if (candidates.size() == mostCandidates) break;
        candidates.push_back(candidate(candidates.size() + 1, "tcp",
                                       priority(tcpPreference, passivePreference(number++)), address) +
                             " tcptype passive");
    }
    return candidates;
}

} // namespace spillway::relay::port
