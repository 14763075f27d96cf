#include "relay/net/socket_address.h"

#include <fmt/core.h>

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>

#include <array>
#include <cstring>
#include <memory>
#include <stdexcept>

namespace spillway::relay {

namespace {

using Found = std::unique_ptr<addrinfo, void (*)(addrinfo*)>;

/// Null with the resolver's code in `error` when there is none.
Found find(const std::string& host, int flags, int& error) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_DGRAM;
    hints.ai_flags = flags;
    addrinfo* result = nullptr;
    error = ::getaddrinfo(host.c_str(), nullptr, &hints, &result);
    return {error == 0 ? result : nullptr, ::freeaddrinfo};
}

} // namespace

std::optional<SocketAddress> SocketAddress::parse(const std::string& text) {
    int error = 0;
    const Found found = find(text, AI_NUMERICHOST, error);
    if (!found) return std::nullopt;
    return of(found->ai_addr);
}

std::vector<SocketAddress> SocketAddress::lookUp(const std::string& host) {
    int error = 0;
    const Found found = find(host, AI_ADDRCONFIG, error);
    if (!found) throw std::runtime_error(fmt::format("cannot find host {}: {}", host, ::gai_strerror(error)));
    std::vector<SocketAddress> addresses;
    for (const addrinfo* each = found.get(); each != nullptr; each = each->ai_next)
        addresses.push_back(of(each->ai_addr));
    return addresses;
}

SocketAddress SocketAddress::of(const sockaddr* address) {
    SocketAddress result;
    if (address->sa_family == AF_INET6)
        std::memcpy(&result.v6_, address, sizeof result.v6_);
    else if (address->sa_family == AF_INET)
        std::memcpy(&result.v4_, address, sizeof result.v4_);
    return result;
}

SocketAddress SocketAddress::of(const in_addr& address, std::uint16_t port) {
    SocketAddress result;
    result.v4_.sin_family = AF_INET;
    result.v4_.sin_addr = address;
    result.v4_.sin_port = htons(port);
    return result;
}

SocketAddress SocketAddress::of(const in6_addr& address, std::uint16_t port, std::uint32_t scope) {
    SocketAddress result;
    result.v6_.sin6_family = AF_INET6;
    result.v6_.sin6_addr = address;
    result.v6_.sin6_port = htons(port);
    result.v6_.sin6_scope_id = scope;
    return result;
}

SocketAddress SocketAddress::withPort(std::uint16_t port) const {
    SocketAddress copy = *this;
    if (family() == AF_INET6)
        copy.v6_.sin6_port = htons(port);
    else
        copy.v4_.sin_port = htons(port);
    return copy;
}

bool SocketAddress::isMulticast() const {
    if (family() == AF_INET6) return IN6_IS_ADDR_MULTICAST(&v6_.sin6_addr);
    return ntohl(v4_.sin_addr.s_addr) >> 28 == 0xE;
}

bool SocketAddress::isWildcard() const {
    if (family() == AF_INET6) return IN6_IS_ADDR_UNSPECIFIED(&v6_.sin6_addr);
    return v4_.sin_addr.s_addr == htonl(INADDR_ANY);
}

bool SocketAddress::isLoopback() const {
    if (family() == AF_INET6) return IN6_IS_ADDR_LOOPBACK(&v6_.sin6_addr);
    return ntohl(v4_.sin_addr.s_addr) >> 24 == 127;
}

bool SocketAddress::isLinkLocal() const {
    if (family() == AF_INET6) return IN6_IS_ADDR_LINKLOCAL(&v6_.sin6_addr);
    return ntohl(v4_.sin_addr.s_addr) >> 16 == 0xA9FE;
}

bool SocketAddress::isPrivate() const {
    if (family() == AF_INET6) return (v6_.sin6_addr.s6_addr[0] & 0xFE) == 0xFC;
    const std::uint32_t host = ntohl(v4_.sin_addr.s_addr);
    return host >> 24 == 10 || host >> 20 == 0xAC1 || host >> 16 == 0xC0A8 || host >> 22 == 0x191;
}

std::uint16_t SocketAddress::port() const {
    return ntohs(family() == AF_INET6 ? v6_.sin6_port : v4_.sin_port);
}

socklen_t SocketAddress::size() const {
    return family() == AF_INET6 ? sizeof v6_ : sizeof v4_;
}

std::string SocketAddress::host() const {
    std::array<char, NI_MAXHOST> text{};
    ::getnameinfo(get(), size(), text.data(), text.size(), nullptr, 0, NI_NUMERICHOST);
    return text.data();
}

std::string SocketAddress::text() const {
    if (family() == AF_INET6) return fmt::format("[{}]:{}", host(), port());
    return fmt::format("{}:{}", host(), port());
}

bool SocketAddress::operator==(const SocketAddress& other) const {
    if (family() != other.family()) return false;
    if (family() == AF_INET)
        return v4_.sin_port == other.v4_.sin_port && v4_.sin_addr.s_addr == other.v4_.sin_addr.s_addr;
    return v6_.sin6_port == other.v6_.sin6_port && v6_.sin6_scope_id == other.v6_.sin6_scope_id &&
           std::memcmp(&v6_.sin6_addr, &other.v6_.sin6_addr, sizeof v6_.sin6_addr) == 0;
}

std::size_t SocketAddress::hash() const {
    if (family() == AF_INET)
        return (std::size_t{v4_.sin_addr.s_addr} << 16U | v4_.sin_port) * 0x9E3779B97F4A7C15U;
    std::array<std::uint64_t, 2> halves{};
    std::memcpy(halves.data(), &v6_.sin6_addr, sizeof halves);
    return (halves[0] * 31 + halves[1] + v6_.sin6_port) * 0x9E3779B97F4A7C15U;
}

} // namespace spillway::relay
