// Addresses as users write them: hosts with ports, and where the HTTP server listens.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace spillway::config {

struct HostPort {
    std::string host; ///< without brackets
    std::optional<std::uint16_t> port;

    bool operator==(const HostPort&) const = default;
};

/// Splits `host`, `host:port`, `[v6]` and `[v6]:port`; anything else gives nothing.
std::optional<HostPort> splitHostPort(std::string_view text);

/// Whether this is a numeric IPv4 or IPv6 address (without brackets) or a DNS name of A-Z a-z 0-9 - and dots.
bool isHost(std::string_view text);

/// Whether this is an IPv4 or IPv6 address (without brackets).
bool isNumeric(std::string_view text);

/// An address or name that packets can be sent to, with a port or without; IPv6 alone needs no brackets. An
/// address in its short form, a name in small letters. Throws std::invalid_argument, which says what is wrong
/// and what is allowed.
HostPort parseReachableAddress(std::string_view text);

/// `49152-50151`: ports, both ends among them.
struct PortRange {
    std::uint16_t first = 0;
    std::uint16_t last = 0;

    /// Throws std::invalid_argument, which says what is wrong and what is allowed.
    static PortRange parse(std::string_view text);
    bool operator==(const PortRange&) const = default;
};

/// `127.0.0.1:8080`, `[::1]:8080`, `unix:/run/spillway/http.sock`.
class ListenAddress {
  public:
    /// Throws std::invalid_argument, which says what is wrong and what is allowed.
    static ListenAddress parse(std::string_view text);
    /// The same, but refuses Unix sockets: media needs a port, of UDP or TCP.
    static ListenAddress parseUdp(std::string_view text);

    bool isUnix() const { return !path_.empty(); }
    /// Whether it is a Unix socket, in 127.0.0.0/8, or ::1.
    bool isLocal() const;
    const std::string& path() const { return path_; } ///< of a Unix socket
    const std::string& host() const { return host_; } ///< numeric, without brackets
    std::uint16_t port() const { return port_; }      ///< 0 lets the kernel choose
    std::string text() const;

    bool operator==(const ListenAddress&) const = default;

  private:
    ListenAddress() = default;
    explicit ListenAddress(const HostPort& numeric)
        : host_(numeric.host)
        , port_(numeric.port.value_or(0)) {}

    std::string path_;
    std::string host_;
    std::uint16_t port_ = 0;
};

} // namespace spillway::config
