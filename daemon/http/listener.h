// One listening socket: TCP or Unix.
//
// Comes in: connections. Goes out: their sockets, to whoever constructed it. Running out of descriptors never
// ends it (libsoup's own listener stops for ever on the first failed accept): with one that is kept for that,
// one client after the other is told, or at least closed. The destructor stops listening and removes the file
// of a Unix socket. Owner: Server. Loop thread.
//
// Goes when libsoup's listener survives that, which 3.6 (Debian 13) does not yet: soup_server_listen()
// replaces it.
#pragma once

#include "config/address.h"
#include "daemon/glib/object.h"
#include "relay/base/loop.h"

#include <functional>
#include <string>

namespace spillway::daemon::http {

class Listener {
  public:
    using OnSocket = std::function<void(glib::Object<GSocket>)>;

    /// Throws std::runtime_error that names the address. An IPv6 address serves IPv6 only. The file of a Unix
    /// socket that nobody serves any more is replaced; the new one is for owner and group.
    /// `refusal` is sent as it is to who comes when there are no descriptors.
    Listener(relay::Loop& loop, const config::ListenAddress& address, OnSocket onSocket,
             std::string refusal = {});
    ~Listener();
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;

    /// With the port that the kernel chose.
    config::ListenAddress address() const;

  private:
    void watch();
    void accept();
    void refuseNext();
    void keepSpare();

    relay::Loop& loop_;
    config::ListenAddress wanted_;
    OnSocket onSocket_;
    std::string refusal_;
    glib::Object<GSocket> socket_;
    glib::Object<GSocket> spare_;   ///< a descriptor to accept with when there is no other; never connected
    glib::Object<GSocket> refused_; ///< that reads its refusal
    relay::Source readable_;
    relay::Timer pause_;
};

} // namespace spillway::daemon::http
