// One WebSocket to Janus: texts in and out, and whether the other side is still there.
//
// Comes in: texts to send. Goes out: texts received, and once that it is closed and why. TLS certificates are
// checked against the system's authorities. A frozen server is noticed by its missing pongs. It never
// reconnects. Owner: Session. Loop thread. No event comes from within the constructor or a call to it. It may
// be destroyed inside an event.
#pragma once

#include "daemon/glib/object.h"
#include "relay/base/loop.h"

#include <libsoup/soup.h>

#include <chrono>
#include <functional>
#include <string>

namespace spillway::daemon::janus {

struct SocketEvents {
    std::function<void()> onOpen;
    std::function<void(std::string text)> onText;
    std::function<void(std::string why)> onClosed;
};

class Socket {
  public:
    struct Limits {
        std::chrono::milliseconds connect{10'000};
        std::chrono::milliseconds ping{5'000};
        std::chrono::milliseconds silence{15'000}; ///< no text and no pong for so long: closed
        std::size_t message = 1024UL * 1024;       ///< bytes; a larger one closes it
    };

    Socket(relay::Loop& loop, const std::string& url, SocketEvents events, Limits limits);
    /// Closes; what was sent before still goes out.
    ~Socket();
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;

    /// Dropped when it is not open.
    void send(const std::string& text);
    /// onClosed follows.
    void close();

  private:
    static void onConnected(GObject* source, GAsyncResult* result, gpointer data) noexcept;
    static void onMessage(SoupWebsocketConnection*, int type, GBytes* message, gpointer self) noexcept;
    static void onPong(SoupWebsocketConnection*, GBytes*, gpointer self) noexcept;
    static void onEnd(SoupWebsocketConnection*, gpointer self) noexcept;
    static void onError(SoupWebsocketConnection*, GError* error, gpointer self) noexcept;

    void connect(const std::string& url);
    void open(glib::Object<SoupWebsocketConnection> connection);
    void watch();
    void fail(const std::string& why);
    void heard() { lastHeard_ = std::chrono::steady_clock::now(); }

    relay::Loop& loop_;
    SocketEvents events_;
    Limits limits_;
    glib::Object<SoupSession> session_;
    glib::Object<GCancellable> cancel_;
    glib::Object<SoupWebsocketConnection> connection_; ///< while open
    std::string error_;                                ///< what libsoup said before it closed
    std::chrono::steady_clock::time_point lastHeard_;
    relay::Timer timer_;
    relay::Lifetime lifetime_;
};

} // namespace spillway::daemon::janus
