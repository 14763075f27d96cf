// An IPv4 or IPv6 address with a port. A value; any thread.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace spillway::relay {

class SocketAddress {
  public:
    /// Of a numeric address; nothing when the text is none. Does not block.
    static std::optional<SocketAddress> parse(const std::string& text);
    /// All of a name, or a numeric address; blocks. Throws std::runtime_error naming it when there is none.
    static std::vector<SocketAddress> lookUp(const std::string& host);

    /// As the kernel gives it; of another family than AF_INET and AF_INET6 an address without one.
    static SocketAddress of(const sockaddr* address);
    static SocketAddress of(const in_addr& address, std::uint16_t port);
    static SocketAddress of(const in6_addr& address, std::uint16_t port, std::uint32_t scope = 0);

    SocketAddress withPort(std::uint16_t port) const;

    int family() const { return any_.sa_family; }
    std::uint16_t port() const;
    bool isMulticast() const;
    bool isWildcard() const;  ///< `0.0.0.0` or `::`
    bool isLoopback() const;  ///< `127.0.0.0/8` or `::1`
    bool isLinkLocal() const; ///< `169.254.0.0/16` or `fe80::/10`
    /// RFC 1918, RFC 6598 (behind a carrier's NAT) or RFC 4193.
    bool isPrivate() const;
    std::string host() const; ///< numeric
    std::string text() const; ///< `127.0.0.1:5004`, `[::1]:5004`
    const sockaddr* get() const { return &any_; }
    socklen_t size() const;
    const sockaddr_in& v4() const { return v4_; }
    const sockaddr_in6& v6() const { return v6_; }

    /// Address, port and, of IPv6, the scope.
    bool operator==(const SocketAddress& other) const;
    std::size_t hash() const;

  private:
    union {
        sockaddr any_;
        sockaddr_in v4_;
        sockaddr_in6 v6_{};
    };
};

} // namespace spillway::relay
