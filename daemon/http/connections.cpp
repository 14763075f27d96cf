#include "daemon/http/connections.h"

#include "daemon/http/remote.h"

#include <sys/socket.h>

#include <algorithm>

namespace spillway::daemon::http {

namespace {

void shutDown(GSocket* socket) {
    resetOnClose(socket);
    g_socket_shutdown(socket, TRUE, TRUE, nullptr);
}

} // namespace

void resetOnClose(GSocket* socket) {
    const linger atOnce{1, 0};
    ::setsockopt(g_socket_get_fd(socket), SOL_SOCKET, SO_LINGER, &atOnce, sizeof atOnce);
}

struct Connections::Gone {
    std::weak_ptr<Connections> table;
    const GSocketAddress* remote;
};

Connections::~Connections() {
    for (const auto& [remote, connection] : open_)
        g_socket_shutdown(connection.socket.get(), TRUE, TRUE, nullptr);
}

std::string Connections::clientBehind(GSocketAddress* remote) const {
    const auto family = g_socket_address_get_family(remote);
    if (family != G_SOCKET_FAMILY_IPV4 && family != G_SOCKET_FAMILY_IPV6) return {};
    auto* address = g_inet_socket_address_get_address(glib::cast<GInetSocketAddress>(remote));
    const bool shares = !g_inet_address_get_is_loopback(address) && !config::isIn(proxies_, host(remote));
    return shares ? clientOf(host(remote)) : std::string();
}

void Connections::add(GSocketAddress* remote, GSocket* socket, GIOStream* stream) {
    open_.insert_or_assign(
        remote, Connection{glib::retain(remote), glib::retain(socket), {}, clientBehind(remote), ++last_});
    const GWeakNotify onGone = [](gpointer data, GObject*) noexcept {
        const std::unique_ptr<Gone> gone(static_cast<Gone*>(data));
        if (const auto table = gone->table.lock()) table->open_.erase(gone->remote);
    };
    g_object_weak_ref(glib::cast<GObject>(stream), onGone, new Gone{weak_from_this(), remote});
    allow(remote, limits_.head);
}

void Connections::onHead(GSocketAddress* remote) {
    const auto found = open_.find(remote);
    if (found != open_.end()) found->second.hasHead = true;
    allow(remote, limits_.request);
}

Connections::Connection* Connections::oldestWithoutHead(const std::string* client) {
    Connection* oldest = nullptr;
    for (auto& [remote, connection] : open_) {
        if (connection.hasHead || connection.givesWay || (client && connection.client != *client)) continue;
        if (!oldest || connection.number < oldest->number) oldest = &connection;
    }
    return oldest;
}

bool Connections::makePlace(std::size_t taken, std::size_t limit, const std::string* client) {
    if (taken < limit) return true;
    Connection* oldest = oldestWithoutHead(client);
    if (!oldest) return false;
    oldest->givesWay = true;
    shutDown(oldest->socket.get());
    return true;
}

bool Connections::makePlaceFor(GSocketAddress* remote) {
    const std::string client = clientBehind(remote);
    std::size_t all = 0;
    std::size_t own = 0;
    for (const auto& [other, connection] : open_) {
        if (connection.givesWay) continue;
        ++all;
        if (connection.client == client) ++own;
    }
    if (client.empty()) return makePlace(all, limits_.connections, nullptr);
    if (own >= limits_.each) return makePlace(own, limits_.each, &client);
    return makePlace(all, limits_.connections - std::min(limits_.kept, limits_.connections), nullptr);
}

void Connections::allow(GSocketAddress* remote, std::chrono::milliseconds time) {
    const auto found = open_.find(remote);
    if (found == open_.end()) return;
    // libsoup sees the end of the stream and cleans up.
    found->second.deadline = loop_.after(time, [socket = found->second.socket.get()] { shutDown(socket); });
}

void Connections::lift(GSocketAddress* remote) {
    const auto found = open_.find(remote);
    if (found != open_.end()) found->second.deadline.cancel();
}

GSocket* Connections::socketOf(GSocketAddress* remote) const {
    const auto found = open_.find(remote);
    return found == open_.end() ? nullptr : found->second.socket.get();
}

std::string Connections::host(GSocketAddress* remote) {
    const auto family = g_socket_address_get_family(remote);
    if (family != G_SOCKET_FAMILY_IPV4 && family != G_SOCKET_FAMILY_IPV6) return "unix";
    auto* address = g_inet_socket_address_get_address(glib::cast<GInetSocketAddress>(remote));
    const glib::Text text(g_inet_address_to_string(address));
    return text.get();
}

} // namespace spillway::daemon::http
