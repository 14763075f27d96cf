// Where the HTTP server listens: `127.0.0.1:8080`, `[::1]:8080`, `unix:/run/spillway/http.sock`.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace spillway::config {

class ListenAddress {
  public:
    /// Throws std::invalid_argument that says what is wrong and what is allowed.
    static ListenAddress parse(std::string_view text);

    bool isUnix() const { return !path_.empty(); }
    /// A Unix socket, 127.0.0.0/8 or ::1.
    bool isLocal() const;
    const std::string& path() const { return path_; } ///< of a Unix socket
    const std::string& host() const { return host_; } ///< numeric, without brackets
    std::uint16_t port() const { return port_; }      ///< 0 lets the kernel choose
    std::string text() const;

  private:
    std::string path_;
    std::string host_;
    std::uint16_t port_ = 0;
};

} // namespace spillway::config
