// An IPv4 or IPv6 address with a port. A value; any thread.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <optional>
#include <string>

namespace spillway::relay {

class SocketAddress {
  public:
    /// Of a numeric address; nothing when the text is none. Does not block.
    static std::optional<SocketAddress> parse(const std::string& text);
    /// Of a name or numeric address; blocks. Throws std::runtime_error naming it.
    static SocketAddress lookUp(const std::string& host);

    SocketAddress withPort(std::uint16_t port) const;

    int family() const { return storage_.ss_family; }
    bool isMulticast() const;
    std::string host() const; ///< numeric
    std::string text() const; ///< `127.0.0.1:5004`, `[::1]:5004`
    const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage_); }
    socklen_t size() const { return size_; }

  private:
    std::uint16_t port() const;

    sockaddr_storage storage_{};
    socklen_t size_ = 0;
};

} // namespace spillway::relay
