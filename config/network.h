// One address, or a network of them, as users write it; or `unix`, for who comes by a Unix socket. A value;
// any thread.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace spillway::config {

class Network {
  public:
    /// `10.0.0.0/8`, `192.0.2.1`, `2001:db8::/32`, `unix`. Throws std::invalid_argument, which says what is
    /// wrong and what is allowed.
    static Network parse(const std::string& text);

    /// Of a numeric address, without brackets and port, or `unix`. An IPv4 address that IPv6 carries is one
    /// of IPv4.
    bool contains(const std::string& host) const;

    bool operator==(const Network&) const = default;

  private:
    using Bytes = std::array<std::uint8_t, 16>; ///< IPv4 as IPv6 carries it (RFC 4291 section 2.5.5.2)

    bool unix_ = false;
    Bytes bytes_{};
    unsigned bits_ = 0; ///< of these
};

bool isIn(const std::vector<Network>& networks, const std::string& host);

} // namespace spillway::config
