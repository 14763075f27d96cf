#include "daemon/http/server.h"

#include "daemon/http/certificate.h"
#include "relay/base/log.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdexcept>

namespace spillway::daemon::http {

namespace {

/// Written without libsoup, which needs a descriptor of its own.
constexpr const char* noDescriptors =
    "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/problem+json\r\nRetry-After: 5\r\n"
    "Cache-Control: no-store\r\nConnection: close\r\n\r\n"
    R"({"type":"about:blank","title":"Service Unavailable","status":503,"detail":"no file descriptor is left; )"
    R"(raise LimitNOFILE of the unit, or ulimit -n"})"
    "\n";

/// Every path of every method comes to Exchange by the message's own signals; without a handler libsoup says
/// 404 first.
void leaveToExchange(SoupServer*, SoupServerMessage*, const char*, GHashTable*, gpointer) noexcept {}

glib::Object<SoupServer> newSoupServer(const std::shared_ptr<ExchangeContext>& context) {
    using Shared = std::weak_ptr<ExchangeContext>;
    auto* soup = static_cast<SoupServer*>(g_object_new(SOUP_TYPE_SERVER, "raw-paths", TRUE, nullptr));
    soup_server_add_handler(soup, nullptr, leaveToExchange, nullptr, nullptr);
    void (*onStarted)(SoupServer*, SoupServerMessage*, gpointer) noexcept =
        [](SoupServer*, SoupServerMessage* message, gpointer data) noexcept {
            Exchange::begin(*static_cast<Shared*>(data), message);
        };
    const GClosureNotify release = [](gpointer data, GClosure*) noexcept {
        delete static_cast<Shared*>(data);
    };
    g_signal_connect_data(soup, "request-started", reinterpret_cast<GCallback>(onStarted),
                          new Shared(context), release, static_cast<GConnectFlags>(0));
    return glib::Object<SoupServer>(soup);
}

/// libsoup takes a Unix client's missing `Host` from the local address, which must then be an internet
/// address.
glib::Object<GSocketAddress> localAddress(GSocket* socket, bool isUnix) {
    if (isUnix) return glib::Object<GSocketAddress>(g_inet_socket_address_new_from_string("127.0.0.1", 0));
    return glib::Object<GSocketAddress>(g_socket_get_local_address(socket, nullptr));
}

} // namespace

Server::Server(relay::Loop& loop, const config::HttpSettings& settings, const Router& router,
               RequestCounts& counts, Limits limits)
    : loop_(loop)
    , settings_(settings)
    , gate_(settings, router, limits.guesses, limits.posts, limits.reads)
    , connections_(std::make_shared<Connections>(loop, limits.connections, settings.trustedProxies))
    , context_(std::make_shared<ExchangeContext>(
          ExchangeContext{gate_, counts, connections_, Proxies(settings.trustedProxies)}))
    , soup_(newSoupServer(context_)) {
    if (settings.tls) renewCertificate(*settings.tls);
}

Server::~Server() {
    listeners_.clear();
    soup_server_disconnect(soup_.get());
}

void Server::renewCertificate(const config::TlsSettings& settings) {
    certificate_ = loadCertificate(settings);
    log::info("http certificate file={} expires={}", settings.certificate.string(),
              expiryOf(certificate_.get()));
}

void Server::listen() {
    for (const auto& why : exposureProblems(settings_))
        throw std::runtime_error("http.listen: " + why);
    if (const auto why = corsProblem(settings_)) throw std::runtime_error("http.cors: " + *why);
    for (const auto& address : settings_.listen) {
        const bool isUnix = address.isUnix();
        auto onSocket = [this, isUnix](glib::Object<GSocket> socket) { accept(std::move(socket), isUnix); };
        const bool tls = certificate_ && !isUnix;
        listeners_.push_back(
            std::make_unique<Listener>(loop_, address, std::move(onSocket), tls ? "" : noDescriptors));
        log::info("http listening address={} tls={}", listeners_.back()->address().text(),
                  tls ? "yes" : "no");
    }
    warnOfPlainText();
    if (!settings_.hasTokens())
        log::warn("http has no tokens: everybody on this machine is admin; serving loopback and Unix "
                  "sockets only");
}

/// A token in clear is read by who is on the way, and so is a stream's ICE password.
void Server::warnOfPlainText() const {
    if (!settings_.hasTokens() || certificate_) return;
    for (const auto& address : settings_.listen)
        if (!address.isLocal())
            log::warn(
                "http carries tokens without TLS address={}: set http.tls, or listen on loopback behind "
                "a proxy that has it",
                address.text());
}

std::vector<config::ListenAddress> Server::addresses() const {
    std::vector<config::ListenAddress> addresses;
    for (const auto& listener : listeners_)
        addresses.push_back(listener->address());
    return addresses;
}

void Server::accept(glib::Object<GSocket> socket, bool isUnix) {
    const auto local = localAddress(socket.get(), isUnix);
    const glib::Object<GSocketAddress> remote(g_socket_get_remote_address(socket.get(), nullptr));
    if (!remote || !connections_->makePlaceFor(remote.get())) return;
    const auto stream = wrap(socket.get(), isUnix);
    if (!local || !stream) return;
    connections_->add(remote.get(), socket.get(), stream.get());
    soup_server_accept_iostream(soup_.get(), stream.get(), local.get(), remote.get(), nullptr);
}

glib::Object<GIOStream> Server::wrap(GSocket* socket, bool isUnix) const {
    if (!isUnix) g_socket_set_option(socket, IPPROTO_TCP, TCP_NODELAY, 1, nullptr);
    glib::Object<GIOStream> plain(
        glib::cast<GIOStream>(g_socket_connection_factory_create_connection(socket)));
    if (!certificate_ || isUnix) return plain;
    glib::Error error;
    glib::Object<GIOStream> tls(g_tls_server_connection_new(plain.get(), certificate_.get(), error.out()));
    if (!tls) {
        log::warn("cannot begin tls error=\"{}\"", error.text());
        return {};
    }
    // A client may close without TLS's good-bye.
    g_object_set(tls.get(), "require-close-notify", FALSE, nullptr);
    return tls;
}

} // namespace spillway::daemon::http
