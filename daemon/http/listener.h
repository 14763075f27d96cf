// One listening socket: TCP or Unix.
//
// Comes in: connections. Goes out: their sockets, to whoever constructed it. Running out of descriptors
// pauses it for a moment and never ends it (libsoup's own listener stops for ever on the first failed
// accept). The destructor stops listening and removes the file of a Unix socket. Owner: Server. Loop thread.
//
// Goes when libsoup's listener survives that, which 3.6 (Debian 13) does not yet: soup_server_listen()
// replaces it.
#pragma once

#include "config/address.h"
#include "daemon/glib/object.h"
#include "relay/base/loop.h"

#include <functional>

namespace spillway::daemon::http {

class Listener {
  public:
    using OnSocket = std::function<void(glib::Object<GSocket>)>;

    /// Throws std::runtime_error that names the address. An IPv6 address serves IPv6 only. The file of a Unix
    /// socket that nobody serves any more is replaced; the new one is for owner and group.
    Listener(relay::Loop& loop, const config::ListenAddress& address, OnSocket onSocket);
    ~Listener();
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;

    /// With the port that the kernel chose.
    config::ListenAddress address() const;

  private:
    void watch();
    void accept();

    relay::Loop& loop_;
    config::ListenAddress wanted_;
    OnSocket onSocket_;
    glib::Object<GSocket> socket_;
    relay::Source readable_;
    relay::Timer pause_;
};

} // namespace spillway::daemon::http
