// The open connections: how many there are, and until when each may do what it does. A client that is slow to
// send its request, to read its answer or to say anything at all is cut off.
//
// Known by the address object of the remote side, which libsoup hands back with every message. Shared by the
// server and what may outlive it for a moment. Loop thread.
//
// No libsoup bounds connections or their time; this stays after Debian 12.
#pragma once

#include "daemon/glib/object.h"
#include "relay/base/loop.h"

#include <chrono>
#include <map>
#include <memory>
#include <string>

namespace spillway::daemon::http {

struct ConnectionLimits {
    std::size_t connections = 512;
    std::chrono::milliseconds request{10000}; ///< from connecting to the last byte of the body
    std::chrono::milliseconds answer{30000};  ///< until the answer is written
    /// Reading on after an answer that came before the request's end.
    std::chrono::milliseconds farewell{2000};
};

/// Closing resets the connection: a client that goes on sending learns it at once, and the kernel keeps
/// nothing for it.
void resetOnClose(GSocket* socket);

class Connections : public std::enable_shared_from_this<Connections> {
  public:
    Connections(relay::Loop& loop, ConnectionLimits limits)
        : loop_(loop)
        , limits_(limits) {}
    ~Connections();
    Connections(const Connections&) = delete;
    Connections& operator=(const Connections&) = delete;

    bool full() const { return open_.size() >= limits_.connections; }
    std::size_t size() const { return open_.size(); }
    const ConnectionLimits& limits() const { return limits_; }
    relay::Loop& loop() const { return loop_; }

    /// Until `stream` is gone. Its request is awaited from now on.
    void add(GSocketAddress* remote, GSocket* socket, GIOStream* stream);
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
    };
    struct Gone; ///< what a weak reference to a stream notifies

    relay::Loop& loop_;
    ConnectionLimits limits_;
    std::map<const GSocketAddress*, Connection> open_;
};

} // namespace spillway::daemon::http
