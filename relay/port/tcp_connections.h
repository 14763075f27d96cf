// The open TCP connections of the port by their numbers, for the threads that send by them. Any thread.
#pragma once

#include "relay/port/tcp_connection.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <span>
#include <unordered_map>

namespace spillway::relay::port {

class TcpConnections {
  public:
    /// False when the number is taken.
    bool add(std::shared_ptr<TcpConnection> connection);
    void remove(std::uint32_t number);
    /// Null when it is closed.
    std::shared_ptr<TcpConnection> find(std::uint32_t number) const;

    /// How many were taken: the first ones.
    std::size_t send(const Path& path, std::span<const Run> datagrams, TcpConnection::Full full) const;
    /// Since when it takes nothing: for ever when it is closed; none while it takes all.
    std::optional<Clock::time_point> blockedSince(const Path& path) const;
    void admit(const Path& path, SessionTag session) const;

    struct Counts {
        std::uint32_t pending = 0; ///< no session accepted a check that came by it
        std::uint32_t open = 0;
    };
    Counts counts() const;

  private:
    mutable std::shared_mutex mutex_; ///< protects byNumber_
    std::unordered_map<std::uint32_t, std::shared_ptr<TcpConnection>> byNumber_;
};

} // namespace spillway::relay::port
