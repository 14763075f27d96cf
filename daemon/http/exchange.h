// One request on one connection and its answer: the bridge between libsoup's message and our Request and
// Response.
//
// Comes in: libsoup's signals. Goes out: a call of the route's handler, and what it responded. A body over
// the limit is cut off while it comes in. Every request is answered once, also when its handler drops the
// Responder. It belongs to the message and to the Responder, whichever lives longer. Loop thread.
//
// Goes with Debian 12 (libsoup 3.2): `Connection: close` in every answer. libsoup 3.4 notices that a client
// has closed a connection that was kept, and keep-alive replaces it.
#pragma once

#include "daemon/http/connections.h"
#include "daemon/http/gate.h"
#include "daemon/http/proxies.h"
#include "daemon/http/request_counts.h"
#include "daemon/http/streaming.h"

#include <libsoup/soup.h>

#include <memory>

namespace spillway::daemon::http {

/// What the exchanges of one server share.
struct ExchangeContext {
    Gate& gate;
    RequestCounts& counts;
    std::shared_ptr<Connections> connections;
    Proxies proxies;
};

class Exchange : public std::enable_shared_from_this<Exchange> {
  public:
    /// From the server's `request-started`.
    static void begin(std::weak_ptr<ExchangeContext> context, SoupServerMessage* message);

  private:
    /// Moves forward only.
    enum class State { receiving, handling, answered, gone };

    Exchange(std::weak_ptr<ExchangeContext> context, SoupServerMessage* message)
        : context_(std::move(context))
        , message_(message) {}

    void onHeaders();
    void onChunk(std::size_t bytes);
    void onBody();
    void onWritten(std::size_t bytes);
    void onFinished();
    void onDisconnected();

    void readHead(const ExchangeContext& context);
    void handle();
    Responder responder();
    void answer(Response response);
    void cut(Response response);
    void complete(ExchangeContext& context, Response& response);
    void write(const Response& response);
    void writeBody(const Response& response);
    void allow(std::chrono::milliseconds ConnectionLimits::*time) const;
    GSocketAddress* remote() const { return soup_server_message_get_remote_address(message_); }

    std::weak_ptr<ExchangeContext> context_;
    SoupServerMessage* message_; ///< valid while a signal of it runs, or while held_ holds it
    glib::Object<SoupServerMessage> held_;
    Request request_;
    const Route* route_ = nullptr;
    std::string pattern_ = "other"; ///< what it is counted as
    State state_ = State::receiving;
    std::size_t received_ = 0;
    std::unique_ptr<Streaming> streaming_; ///< the body, where it goes on

    struct Ticket;
    struct Signals;
};

} // namespace spillway::daemon::http
