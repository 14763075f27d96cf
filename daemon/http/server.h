// The HTTP server: HTTP/1.1 by libsoup on the main loop, on TCP (with or without TLS) and Unix sockets.
//
// Comes in: connections. Goes out: requests to the routes' handlers, counts. It accepts connections itself
// and gives them to libsoup, because libsoup's listener bounds neither their number nor their time. Every
// answer ends its connection: libsoup 3.2 never notices that a client closed a connection that it kept for
// further requests. Owner: App. Loop thread.
#pragma once

#include "config/settings.h"
#include "daemon/http/connections.h"
#include "daemon/http/exchange.h"
#include "daemon/http/listener.h"
#include "daemon/http/router.h"

#include <memory>
#include <vector>

namespace spillway::daemon::http {

struct ServerLimits {
    ConnectionLimits connections;
    RateLimiter::Limits guesses;        ///< of one client
    RateLimiter::Limits posts{50, 200}; ///< the same; an audience may share one
    RateLimiter::Limits reads{20, 60};  ///< the same; pages that look every second, in a few windows
};

class Server {
  public:
    using Limits = ServerLimits;

    /// Throws std::runtime_error when the certificate or its key cannot be used. Router and counts outlive
    /// the server.
    Server(relay::Loop& loop, const config::HttpSettings& settings, const Router& router,
           RequestCounts& counts, Limits limits = {});
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    /// Listens on every address of the settings. Throws std::runtime_error that names the one that cannot be
    /// had, or that others could reach while there are no tokens.
    void listen();
    /// As they are, with the ports that the kernel chose.
    std::vector<config::ListenAddress> addresses() const;
    /// For connections from now on. Throws std::runtime_error as loadCertificate().
    void renewCertificate(const config::TlsSettings& settings);
    /// Those that the API makes, and those that requests bring.
    SignedTokens& signedTokens() { return gate_.signedTokens(); }
    /// No new connections; requests that are being answered go on.
    void stopListening() { listeners_.clear(); }

    std::size_t connections() const { return connections_->size(); }

  private:
    void warnOfPlainText() const;
    void accept(glib::Object<GSocket> socket, bool isUnix);
    glib::Object<GIOStream> wrap(GSocket* socket, bool isUnix) const;

    relay::Loop& loop_;
    config::HttpSettings settings_;
    Gate gate_;
    std::shared_ptr<Connections> connections_;
    std::shared_ptr<ExchangeContext> context_;
    glib::Object<GTlsCertificate> certificate_; ///< null without TLS
    glib::Object<SoupServer> soup_;
    std::vector<std::unique_ptr<Listener>> listeners_;
};

} // namespace spillway::daemon::http
