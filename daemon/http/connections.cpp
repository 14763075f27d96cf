#include "daemon/http/connections.h"

#include <sys/socket.h>

namespace spillway::daemon::http {

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

void Connections::add(GSocketAddress* remote, GSocket* socket, GIOStream* stream) {
    open_.insert_or_assign(remote, Connection{glib::retain(remote), glib::retain(socket), {}});
    const GWeakNotify onGone = [](gpointer data, GObject*) noexcept {
        const std::unique_ptr<Gone> gone(static_cast<Gone*>(data));
        if (const auto table = gone->table.lock()) table->open_.erase(gone->remote);
    };
    g_object_weak_ref(glib::cast<GObject>(stream), onGone, new Gone{weak_from_this(), remote});
    allow(remote, limits_.request);
}

void Connections::allow(GSocketAddress* remote, std::chrono::milliseconds time) {
    const auto found = open_.find(remote);
    if (found == open_.end()) return;
    // libsoup sees the end of the stream and cleans up.
    found->second.deadline = loop_.after(time, [socket = found->second.socket.get()] {
        resetOnClose(socket);
        g_socket_shutdown(socket, TRUE, TRUE, nullptr);
    });
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
