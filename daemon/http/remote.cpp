#include "daemon/http/remote.h"

#include "config/network.h"

#include <arpa/inet.h>

#include <array>
#include <cstring>
#include <utility>
#include <vector>

namespace spillway::daemon::http {

namespace {

template <class Address>
std::string textOf(int family, const Address& address) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    return ::inet_ntop(family, &address, text.data(), text.size());
}

/// This host, private, of a carrier's NAT, link-local, for protocols and benchmarks, multicast and reserved;
/// and of IPv6 those that lead on by an address within them (local NAT64, Teredo, 6to4).
std::vector<config::Network> insideNetworks() {
    std::vector<config::Network> networks;
    for (const char* text : {"::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2002::/16", "fc00::/7",
                             "fe80::/10", "fec0::/10", "ff00::/8"})
        networks.push_back(config::Network::parse(text));
    for (const auto& [address, bits] :
         {std::pair{"0.0.0.0", 8}, std::pair{"10.0.0.0", 8}, std::pair{"100.64.0.0", 10},
          std::pair{"127.0.0.0", 8}, std::pair{"169.254.0.0", 16}, std::pair{"172.16.0.0", 12},
          std::pair{"192.0.0.0", 24}, std::pair{"192.168.0.0", 16}, std::pair{"198.18.0.0", 15},
          std::pair{"224.0.0.0", 3}}) {
        networks.push_back(config::Network::parse(std::string(address) + "/" + std::to_string(bits)));
        // RFC 6052 section 2.1
        networks.push_back(
            config::Network::parse("64:ff9b::" + std::string(address) + "/" + std::to_string(96 + bits)));
    }
    return networks;
}

} // namespace

bool isPublic(const std::string& host) {
    static const config::Network anywhere = config::Network::parse("::/0");
    static const std::vector<config::Network> inside = insideNetworks();
    return anywhere.contains(host) && !config::isIn(inside, host);
}

std::string clientOf(const std::string& host) {
    in6_addr address{};
    if (::inet_pton(AF_INET6, host.substr(0, host.find('%')).c_str(), &address) != 1) return host;
    in_addr carried{};
    std::memcpy(&carried, &address.s6_addr[12], sizeof carried);
    if (IN6_IS_ADDR_V4MAPPED(&address)) return textOf(AF_INET, carried);
    std::memset(&address.s6_addr[8], 0, 8);
    return textOf(AF_INET6, address) + "/64";
}

} // namespace spillway::daemon::http
