// The open connections: how many there are, and until when each may do what it does. A client that is slow to
// send its request, to read its answer or to say anything at all is cut off.
//
// No client takes all of them: each has its share, and who has not even sent the head of a request gives way
// to who comes next, the oldest first. Some are kept for this machine, whose health checks and proxies come
// by loopback and Unix sockets and have no share; nor have proxies elsewhere that are trusted.
//
// Known by the address object of the remote side, which libsoup hands back with every message. Shared by the
// server and what may outlive it for a moment. Loop thread.
//
// No libsoup bounds connections or their time; this stays after Debian 12.
#pragma once

#include "config/network.h"
#include "daemon/glib/object.h"
#include "relay/base/loop.h"

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace spillway::daemon::http {

struct ConnectionLimits {
    std::size_t connections = 512;
    std::size_t each = 128;                   ///< of one client
    std::size_t kept = 32;                    ///< of all of them, for this machine
    std::chrono::milliseconds head{3000};     ///< from connecting to the end of the request's head
    std::chrono::milliseconds request{10000}; ///< from then to the last byte of the body
    std::chrono::milliseconds answer{30000};  ///< until the answer is written
    /// Reading on after an answer that came before the request's end.
    std::chrono::milliseconds farewell{2000};
};

/// Closing resets the connection: a client that goes on sending learns it at once, and the kernel keeps
/// nothing for it.
void resetOnClose(GSocket* socket);

class Connections : public std::enable_shared_from_this<Connections> {
  public:
    /// `proxies` have no share either.
    Connections(relay::Loop& loop, ConnectionLimits limits, std::vector<config::Network> proxies = {})
        : loop_(loop)
        , limits_(limits)
        , proxies_(std::move(proxies)) {}
    ~Connections();
    Connections(const Connections&) = delete;
    Connections& operator=(const Connections&) = delete;

    /// Whether one more of this remote may be added; another may have had to go for it.
    bool makePlaceFor(GSocketAddress* remote);
    std::size_t size() const { return open_.size(); }
    const ConnectionLimits& limits() const { return limits_; }
    relay::Loop& loop() const { return loop_; }

    /// Until `stream` is gone. The head of its request is awaited from now on.
    void add(GSocketAddress* remote, GSocket* socket, GIOStream* stream);
    /// The head is there; the rest of the request is awaited.
    void onHead(GSocketAddress* remote);
    /// The connection is shut down unless this is called again within `time`.
    void allow(GSocketAddress* remote, std::chrono::milliseconds time);
    /// It may stay as it is until allow() is called again.
    void lift(GSocketAddress* remote);
    /// Null when the connection is gone.
    GSocket* socketOf(GSocketAddress* remote) const;
    /// The address without the port; `unix` for a Unix socket.
    static std::string host(GSocketAddress* remote);

  private:
    struct Connection {
        glib::Object<GSocketAddress> remote; ///< keeps the key from being reused
        glib::Object<GSocket> socket;
        relay::Timer deadline;
        std::string client;   ///< empty: this machine, or a proxy
        std::uint64_t number; ///< grows
        bool hasHead = false;
        bool givesWay = false; ///< it is shut down and about to go
    };
    struct Gone; ///< what a weak reference to a stream notifies

    std::string clientBehind(GSocketAddress* remote) const;
    Connection* oldestWithoutHead(const std::string* client);
    bool makePlace(std::size_t taken, std::size_t limit, const std::string* client);

    relay::Loop& loop_;
    ConnectionLimits limits_;
    const std::vector<config::Network> proxies_;
    std::uint64_t last_ = 0;
    std::map<const GSocketAddress*, Connection> open_;
};

} // namespace spillway::daemon::http
