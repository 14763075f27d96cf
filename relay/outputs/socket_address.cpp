#include "relay/outputs/socket_address.h"

#include <spdlog/fmt/fmt.h>

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
    SocketAddress address;
    address.size_ = found->ai_addrlen;
    std::memcpy(&address.storage_, found->ai_addr, found->ai_addrlen);
    return address;
}

SocketAddress SocketAddress::lookUp(const std::string& host) {
    int error = 0;
    const Found found = find(host, AI_ADDRCONFIG, error);
    if (!found) throw std::runtime_error(fmt::format("cannot find host {}: {}", host, ::gai_strerror(error)));
    SocketAddress address;
    address.size_ = found->ai_addrlen;
    std::memcpy(&address.storage_, found->ai_addr, found->ai_addrlen);
    return address;
}

SocketAddress SocketAddress::withPort(std::uint16_t port) const {
    SocketAddress copy = *this;
    if (family() == AF_INET6)
        reinterpret_cast<sockaddr_in6*>(&copy.storage_)->sin6_port = htons(port);
    else
        reinterpret_cast<sockaddr_in*>(&copy.storage_)->sin_port = htons(port);
    return copy;
}

bool SocketAddress::isMulticast() const {
    if (family() == AF_INET6)
        return reinterpret_cast<const sockaddr_in6*>(&storage_)->sin6_addr.s6_addr[0] == 0xFF;
    return ntohl(reinterpret_cast<const sockaddr_in*>(&storage_)->sin_addr.s_addr) >> 28 == 0xE;
}

std::uint16_t SocketAddress::port() const {
    if (family() == AF_INET6) return ntohs(reinterpret_cast<const sockaddr_in6*>(&storage_)->sin6_port);
    return ntohs(reinterpret_cast<const sockaddr_in*>(&storage_)->sin_port);
}

std::string SocketAddress::host() const {
    std::array<char, NI_MAXHOST> text{};
    ::getnameinfo(get(), size_, text.data(), text.size(), nullptr, 0, NI_NUMERICHOST);
    return text.data();
}

std::string SocketAddress::text() const {
    if (family() == AF_INET6) return fmt::format("[{}]:{}", host(), port());
    return fmt::format("{}:{}", host(), port());
}

} // namespace spillway::relay
