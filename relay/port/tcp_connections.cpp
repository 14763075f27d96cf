#include "relay/port/tcp_connections.h"

#include <utility>

namespace spillway::relay::port {

bool TcpConnections::add(std::shared_ptr<TcpConnection> connection) {
    const std::unique_lock lock(mutex_);
    const std::uint32_t number = connection->path().socket;
    return byNumber_.emplace(number, std::move(connection)).second;
}

void TcpConnections::remove(std::uint32_t number) {
    const std::unique_lock lock(mutex_);
    byNumber_.erase(number);
}

std::shared_ptr<TcpConnection> TcpConnections::find(std::uint32_t number) const {
    const std::shared_lock lock(mutex_);
    const auto found = byNumber_.find(number);
    return found == byNumber_.end() ? nullptr : found->second;
}

std::size_t TcpConnections::send(const Path& path, std::span<const Run> datagrams,
                                 TcpConnection::Full full) const {
    const auto connection = find(path.socket);
    return connection ? connection->send(datagrams, full) : 0;
}

std::optional<Clock::time_point> TcpConnections::blockedSince(const Path& path) const {
    const auto connection = find(path.socket);
    return connection ? connection->blockedSince() : Clock::time_point::min();
}

void TcpConnections::admit(const Path& path, SessionTag session) const {
    if (const auto connection = find(path.socket)) connection->admit(session);
}

TcpConnections::Counts TcpConnections::counts() const {
    const std::shared_lock lock(mutex_);
    Counts counts;
    for (const auto& [number, connection] : byNumber_)
        ++(connection->session() ? counts.open : counts.pending);
    return counts;
}

} // namespace spillway::relay::port
