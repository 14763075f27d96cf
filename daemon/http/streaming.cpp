#include "daemon/http/streaming.h"

#include <glib-unix.h>
#include <poll.h>

#include <algorithm>
#include <bit>
#include <utility>

namespace spillway::daemon::http {

Streaming::Streaming(const std::shared_ptr<Connections>& connections, SoupServerMessage* message,
                     const MakeBodySource& makeSource, const std::optional<WallTime>& end)
    : connections_(connections)
    , message_(glib::retain(message)) {
    soup_message_headers_set_encoding(soup_server_message_get_response_headers(message), SOUP_ENCODING_EOF);
    soup_message_body_set_accumulate(body(), FALSE);
    watch();
    // The source may wake only while it lives, and it is this object's own.
    source_ = makeSource([this] { pump(); });
    if (end) end_ = WallTimer(connections->loop(), *end, [this] { complete(); });
    pump();
}

/// libsoup looks at the connection only while it writes. Where the client has closed its sending side it is
/// gone: there is nothing that it could still want to say.
void Streaming::watch() {
    const auto connections = connections_.lock();
    GSocket* socket = connections ? connections->socketOf(remote()) : nullptr;
    if (socket == nullptr) return;
    // GLib hands this to poll(2) as it is, and its enum has no word for the first.
    const auto gone = std::bit_cast<GIOCondition>(static_cast<unsigned>(POLLRDHUP | POLLHUP | POLLERR));
    GSource* source = g_unix_fd_source_new(g_socket_get_fd(socket), gone);
    const GUnixFDSourceFunc onReady = [](gint, GIOCondition, gpointer self) noexcept -> gboolean {
        static_cast<Streaming*>(self)->onHangup();
        return G_SOURCE_REMOVE;
    };
    // The source is destroyed with this object, so `this` outlives it.
    g_source_set_callback(source, reinterpret_cast<GSourceFunc>(reinterpret_cast<void (*)()>(onReady)), this,
                          nullptr);
    g_source_attach(source, nullptr);
    hangup_ = relay::Source(source);
}

void Streaming::pump() {
    if (!source_ || writing_ > 0 || completed_) return;
    const auto piece = source_->next();
    if (!piece) return complete();
    if (!piece->empty()) append(*piece);
}

void Streaming::append(const std::string& piece) {
    writing_ = piece.size();
    if (const auto connections = connections_.lock())
        connections->allow(remote(), connections->limits().answer);
    GBytes* bytes = g_bytes_new(piece.data(), piece.size());
    soup_message_body_append_bytes(body(), bytes);
    g_bytes_unref(bytes);
    soup_server_message_unpause(message_.get());
}

void Streaming::onWritten(std::size_t bytes) {
    writing_ -= std::min(writing_, bytes);
    if (writing_ > 0) return;
    if (const auto connections = connections_.lock()) connections->lift(remote());
    pump();
}

void Streaming::complete() {
    if (std::exchange(completed_, true)) return;
    if (const auto connections = connections_.lock())
        connections->allow(remote(), connections->limits().farewell);
    soup_message_body_complete(body());
    soup_server_message_unpause(message_.get());
}

void Streaming::onHangup() {
    const auto connections = connections_.lock();
    if (GSocket* socket = connections ? connections->socketOf(remote()) : nullptr)
        g_socket_shutdown(socket, TRUE, TRUE, nullptr);
    complete();
}

} // namespace spillway::daemon::http
