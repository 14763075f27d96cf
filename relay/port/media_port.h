// The port of this node: where its threads listen, what others are told to send to, and whose a datagram is.
// Each thread binds UDP sockets of its own; the kernel spreads datagrams over them by address (SO_REUSEPORT).
// Those of TCP connections, where there are any, come by one more thread.
//
// Owner: Relay. Main loop, but for the directory.
#pragma once

#include "config/settings.h"
#include "relay/net/socket_address.h"
#include "relay/port/announced.h"
#include "relay/port/directory.h"
#include "relay/port/sockets.h"
#include "relay/port/tcp_port.h"

#include <memory>
#include <string>
#include <vector>

namespace spillway::relay::port {

class MediaPort {
  public:
    /// A check list has 100 pairs (RFC 8445 section 6.1.2.5), and a browser has several addresses of its own.
    static constexpr std::size_t mostCandidates = 32;

    /// Of the settings: listen, listen_tcp, announce, announce_local. Throws std::runtime_error naming an
    /// address that is none or, of TCP, cannot be bound.
    explicit MediaPort(const config::WebrtcSettings& settings);
    /// From now on the names of `webrtc.announce` are looked up again and again; before, they stand for
    /// nothing. Once; `loop` outlives this.
    void followNames(Loop& loop) { announced_.follow(loop); }
    /// No datagram is passed to an owner of sessions any more. Before one goes. Idempotent.
    void stop();

    /// False: `webrtc.listen` and `webrtc.listen_tcp` are empty, and nothing may be bound.
    bool isOpen() const { return !addresses_.empty() || tcp_; }
    /// Sockets for one more thread. The first take the port, so that no other process shares it; where the
    /// kernel chooses a port, the others share it. Throws std::runtime_error naming the address.
    std::unique_ptr<Sockets> bind(SocketOptions options = {});
    /// Of UDP, with the ports that the kernel chose, once something is bound.
    const std::vector<SocketAddress>& addresses() const { return addresses_; }
    /// Where others can send to, the best first: as announced, or by the interfaces as they are now, or both.
    std::vector<SocketAddress> reachable() const;
    /// What to refuse with while reachable() is empty.
    static constexpr const char* nowhere = "there is no address to offer now: no name in webrtc.announce is "
                                           "found, or no interface has an address";
    /// The same as candidates, `candidate:…` each (RFC 8839 section 5.1), the first preferred; those of TCP
    /// (RFC 6544 section 4.5) come after all of UDP.
    std::vector<std::string> candidates() const;

    Directory& directory() { return directory_; }
    /// Null without `webrtc.listen_tcp`.
    const TcpPort* tcp() const { return tcp_.get(); }

  private:
    std::vector<SocketAddress> reachableOf(const std::vector<SocketAddress>& bound) const;
    std::vector<SocketAddress> reachableByTcp() const;

    std::vector<SocketAddress> addresses_;
    Announced announced_;
    const bool announceLocal_;
    bool bound_ = false;
    Directory directory_;
    std::unique_ptr<TcpPort> tcp_;
};

} // namespace spillway::relay::port
