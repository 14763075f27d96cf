#include "daemon/http/listener.h"

#include "relay/base/log.h"

#include <gio/gunixsocketaddress.h>
#include <netinet/in.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <stdexcept>

namespace spillway::daemon::http {

namespace {

/// For one client to read why it is refused, before the next one.
constexpr std::chrono::milliseconds acceptPause{100};

/// Who waits to be accepted, of an audience that comes at once. GLib's own, 10, makes the others try again
/// after one second, then after two.
constexpr int backlog = 512;

[[noreturn]] void fail(const config::ListenAddress& address, const std::string& why) {
    throw std::runtime_error("cannot listen on " + address.text() + ": " + why);
}

glib::Object<GSocketAddress> socketAddress(const config::ListenAddress& address) {
    if (address.isUnix())
        return glib::Object<GSocketAddress>(g_unix_socket_address_new(address.path().c_str()));
    return glib::Object<GSocketAddress>(
        g_inet_socket_address_new_from_string(address.host().c_str(), address.port()));
}

glib::Object<GSocket> newSocket(GSocketFamily family, const config::ListenAddress& address) {
    glib::Error error;
    glib::Object<GSocket> socket(
        g_socket_new(family, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT, error.out()));
    if (!socket) fail(address, error.text());
    return socket;
}

/// A file that a daemon left behind when it was killed; one that is served, or that is no socket, stays.
void removeStale(const config::ListenAddress& address, GSocketAddress* target) {
    std::error_code unreadable;
    const auto status = std::filesystem::symlink_status(address.path(), unreadable);
    if (!std::filesystem::exists(status)) return;
    if (!std::filesystem::is_socket(status))
        fail(address, "there is a file of that name that is not a socket");
    const auto probe = newSocket(G_SOCKET_FAMILY_UNIX, address);
    if (g_socket_connect(probe.get(), target, nullptr, nullptr)) fail(address, "another process serves it");
    ::unlink(address.path().c_str());
}

/// Before listen(), so that nobody gets in through the mode of the umask.
void restrictMode(const config::ListenAddress& address) {
    if (::chmod(address.path().c_str(), 0660) != 0) fail(address, g_strerror(errno));
}

glib::Object<GSocket> bindSocket(const config::ListenAddress& address) {
    const auto target = socketAddress(address);
    if (!target) fail(address, "not a numeric address");
    const auto family = g_socket_address_get_family(target.get());
    auto socket = newSocket(family, address);
    if (address.isUnix()) removeStale(address, target.get());
    if (family == G_SOCKET_FAMILY_IPV6)
        g_socket_set_option(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, 1, nullptr);
    glib::Error error;
    if (!g_socket_bind(socket.get(), target.get(), TRUE, error.out())) fail(address, error.text());
    if (address.isUnix()) restrictMode(address);
    g_socket_set_blocking(socket.get(), FALSE);
    g_socket_set_listen_backlog(socket.get(), backlog);
    if (!g_socket_listen(socket.get(), error.out())) fail(address, error.text());
    return socket;
}

} // namespace

Listener::Listener(relay::Loop& loop, const config::ListenAddress& address, OnSocket onSocket,
                   std::string refusal)
    : loop_(loop)
    , wanted_(address)
    , onSocket_(std::move(onSocket))
    , refusal_(std::move(refusal))
    , socket_(bindSocket(address)) {
    keepSpare();
    watch();
}

Listener::~Listener() {
    readable_ = {};
    if (wanted_.isUnix()) ::unlink(wanted_.path().c_str());
}

config::ListenAddress Listener::address() const {
    if (wanted_.isUnix()) return wanted_;
    const glib::Object<GSocketAddress> local(g_socket_get_local_address(socket_.get(), nullptr));
    if (!local) return wanted_;
    const auto port = g_inet_socket_address_get_port(glib::cast<GInetSocketAddress>(local.get()));
    const std::string& host = wanted_.host();
    const bool v6 = host.find(':') != std::string::npos;
    return config::ListenAddress::parse((v6 ? "[" + host + "]" : host) + ":" + std::to_string(port));
}

void Listener::watch() {
    GSource* source = g_socket_create_source(socket_.get(), G_IO_IN, nullptr);
    const GSocketSourceFunc onReadable = [](GSocket*, GIOCondition, gpointer self) noexcept -> gboolean {
        static_cast<Listener*>(self)->accept();
        return G_SOURCE_CONTINUE;
    };
    // The source is destroyed with this object, so `this` outlives it.
    g_source_set_callback(source, reinterpret_cast<GSourceFunc>(reinterpret_cast<void (*)()>(onReadable)),
                          this, nullptr);
    g_source_attach(source, nullptr);
    readable_ = relay::Source(source);
}

void Listener::accept() {
    GError* error = nullptr;
    glib::Object<GSocket> socket(g_socket_accept(socket_.get(), nullptr, &error));
    if (socket) return onSocket_(std::move(socket));
    const bool tooManyFiles = g_error_matches(error, G_IO_ERROR, G_IO_ERROR_TOO_MANY_OPEN_FILES);
    if (!g_error_matches(error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
        log::warn("cannot accept a connection address={} error=\"{}\"", wanted_.text(), error->message);
    g_error_free(error);
    if (!tooManyFiles) return;
    readable_ = {};
    refuseNext();
    pause_ = loop_.after(acceptPause, [this] {
        refused_.reset();
        keepSpare();
        watch();
    });
}

void Listener::keepSpare() {
    if (spare_) return;
    spare_.reset(
        g_socket_new(G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_DATAGRAM, G_SOCKET_PROTOCOL_DEFAULT, nullptr));
}

void Listener::refuseNext() {
    spare_.reset();
    refused_.reset(g_socket_accept(socket_.get(), nullptr, nullptr));
    if (!refused_) return;
    g_socket_set_blocking(refused_.get(), FALSE);
    g_socket_send(refused_.get(), refusal_.data(), refusal_.size(), nullptr, nullptr);
    g_socket_shutdown(refused_.get(), FALSE, TRUE, nullptr);
}

} // namespace spillway::daemon::http
