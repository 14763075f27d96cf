// The TCP port of this node, for remotes without UDP (RFC 6544, passive candidates): one thread that accepts
// connections and reads them.
//
// Comes in: connections from anybody. Goes out: each datagram of theirs, passed to the thread whose session
// it is for: a STUN message says whose, and what else comes by the connection goes the same way. Sessions
// reply by the path, and so by TcpConnections. A connection by which no session accepts a check in time is
// closed, as is one that says something else before, and of too many the oldest. Owner: MediaPort. Main loop,
// but where it says any thread.
#pragma once

#include "relay/port/directory.h"
#include "relay/port/reactor.h"
#include "relay/port/tcp_connections.h"
#include "relay/port/tcp_framing.h"
#include "relay/values/tcp_snapshot.h"

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <vector>

namespace spillway::relay::port {

class TcpPort : private Reactor::Hooks {
  public:
    static constexpr std::chrono::seconds checkTime{5};
    static constexpr std::chrono::seconds silentTime{60};  ///< twice what consent takes to end
    static constexpr std::size_t maxPendingOfAddress = 16; ///< of IPv6, a /64
    static constexpr std::size_t maxPending = 512;
    static constexpr std::size_t maxOfSession = 16; ///< as many as IceLite knows paths
    static constexpr std::size_t maxConnections = 2048;
    /// Bytes that all of them need at most, without the media that waits in some.
    static constexpr std::uint64_t bytes = maxConnections * 4096;

    /// Listens. Throws std::runtime_error naming the address.
    TcpPort(const std::vector<SocketAddress>& addresses, const Directory& directory);
    ~TcpPort() override;
    TcpPort(const TcpPort&) = delete;
    TcpPort& operator=(const TcpPort&) = delete;

    /// Nothing is passed on any more; what is open stays so, for good-byes. Before owners of sessions go.
    /// Idempotent.
    void stop() { reactor_.stop(); }

    /// With the ports that the kernel chose.
    const std::vector<SocketAddress>& addresses() const { return addresses_; }
    /// Any thread.
    const TcpConnections& connections() const { return connections_; }
    TcpSnapshot snapshot() const;
    std::optional<Clock::time_point> busySince() const { return reactor_.busySince(); }

  private:
    struct Remote {
        std::shared_ptr<TcpConnection> connection;
        Clock::time_point since;
        Clock::time_point heard;
        SessionOwner* owner = nullptr; ///< of the session that the latest STUN message was for
        std::optional<TcpClosed> over; ///< to be closed, for what it said
        FrameReader frames;
    };
    using Remotes = std::map<std::uint32_t, Remote>;

    bool onReady(std::span<const std::uint32_t>) override { return false; }
    std::optional<Clock::time_point> nextTimeout() override;
    void onTimeout(Clock::time_point now) override;

    void listen(const SocketAddress& address);
    void letIn(bool open);
    void onEvents();
    void accept(std::size_t listener);
    void open(Descriptor socket, const Path& path);
    bool makeRoom(const SocketAddress& remote);
    void read(Remote& remote);
    void onFrame(Remote& remote, Bytes datagram) const;
    void settle();
    void limit(SessionTag session);
    void close(std::uint32_t number, TcpClosed why);

    const Directory& directory_;
    Descriptor epoll_; ///< of the listening sockets and the connections
    std::vector<Descriptor> listeners_;
    std::vector<SocketAddress> addresses_;
    TcpConnections connections_;
    std::array<std::atomic<std::uint64_t>, tcpClosedReasons> closed_{};

    // Of the thread alone.
    Remotes remotes_;                 ///< all, the oldest first
    std::set<std::uint32_t> pending_; ///< of these, the ones that no session has accepted yet
    std::uint32_t lastNumber_ = Path::firstConnection;
    bool lettingIn_ = true;
    Clock::time_point nextTick_{};
    std::vector<std::uint8_t> incoming_;

    Reactor reactor_; ///< last: its thread uses the rest
};

} // namespace spillway::relay::port
