#include "daemon/signalling/janus/socket.h"

#include <algorithm>
#include <memory>

namespace spillway::daemon::janus {

namespace {

using glib::cast;

/// What a connection attempt gives, and to whom; nobody when the Socket has gone.
using Connected = std::function<void(glib::Object<SoupWebsocketConnection>, std::string why)>;

/// Nothing when the address cannot be read or names no host. A redirect would lead anywhere, also from wss to
/// http.
glib::Object<SoupMessage> newMessage(const std::string& url) {
    GUri* uri = g_uri_parse(url.c_str(), static_cast<GUriFlags>(SOUP_HTTP_URI_FLAGS), nullptr);
    if (uri == nullptr) return {};
    const char* host = g_uri_get_host(uri);
    const bool named = host != nullptr && *host != '\0';
    glib::Object<SoupMessage> message(named ? soup_message_new_from_uri("GET", uri) : nullptr);
    if (message) soup_message_add_flags(message.get(), SOUP_MESSAGE_NO_REDIRECT);
    g_uri_unref(uri);
    return message;
}

/// Lets a connection live until the other side has confirmed its end; libsoup waits some seconds for that.
void sayGoodbye(glib::Object<SoupWebsocketConnection> connection) {
    if (soup_websocket_connection_get_state(connection.get()) == SOUP_WEBSOCKET_STATE_CLOSED) return;
    if (soup_websocket_connection_get_state(connection.get()) == SOUP_WEBSOCKET_STATE_OPEN)
        soup_websocket_connection_close(connection.get(), SOUP_WEBSOCKET_CLOSE_NORMAL, nullptr);
    void (*release)(SoupWebsocketConnection*, gpointer) noexcept =
        [](SoupWebsocketConnection* closed, gpointer) noexcept { g_object_unref(closed); };
    auto* kept = connection.release();
    g_signal_connect(kept, "closed", reinterpret_cast<GCallback>(release), nullptr);
}

/// libsoup of Debian 12 bounds a frame only; newer ones the message that several make up, too.
void bound(SoupWebsocketConnection* connection, std::size_t bytes) {
    soup_websocket_connection_set_max_incoming_payload_size(connection, bytes);
    constexpr const char* total = "max-total-message-size";
    if (g_object_class_find_property(G_OBJECT_GET_CLASS(connection), total) != nullptr)
        g_object_set(connection, total, static_cast<guint64>(bytes), nullptr);
}

} // namespace

Socket::Socket(relay::Loop& loop, const std::string& url, SocketEvents events, Limits limits)
    : loop_(loop)
    , events_(std::move(events))
    , limits_(limits)
    , session_(soup_session_new())
    , cancel_(g_cancellable_new()) {
    timer_ = loop_.after(limits_.connect, [this] { fail("no connection in time"); });
    connect(url);
}

Socket::~Socket() {
    g_cancellable_cancel(cancel_.get());
    if (!connection_) return;
    g_signal_handlers_disconnect_by_data(connection_.get(), this);
    sayGoodbye(std::move(connection_));
}

void Socket::connect(const std::string& url) {
    const auto message = newMessage(url);
    if (!message) {
        timer_ = loop_.after(std::chrono::milliseconds(0), [this] { fail("the address cannot be read"); });
        return;
    }
    auto connected = [this](glib::Object<SoupWebsocketConnection> connection, const std::string& why) {
        if (connection) return open(std::move(connection));
        fail(why);
    };
    auto handler = std::make_unique<Connected>(
        [token = lifetime_.token(), connected](auto connection, const std::string& why) {
            if (!token.expired())
                connected(std::move(connection), why);
            else if (connection)
                sayGoodbye(std::move(connection));
        });
    char protocol[] = "janus-protocol";
    char* protocols[] = {protocol, nullptr};
    soup_session_websocket_connect_async(session_.get(), message.get(), nullptr, protocols,
                                         G_PRIORITY_DEFAULT, cancel_.get(), onConnected, handler.release());
}

void Socket::onConnected(GObject* source, GAsyncResult* result, gpointer data) noexcept {
    const std::unique_ptr<Connected> handler(static_cast<Connected*>(data));
    glib::Error error;
    glib::Object<SoupWebsocketConnection> connection(
        soup_session_websocket_connect_finish(cast<SoupSession>(source), result, error.out()));
    std::string why = connection ? std::string() : error.text();
    (*handler)(std::move(connection), std::move(why));
}

void Socket::open(glib::Object<SoupWebsocketConnection> connection) {
    connection_ = std::move(connection);
    auto* raw = connection_.get();
    bound(raw, limits_.message);
    g_signal_connect(raw, "message", reinterpret_cast<GCallback>(onMessage), this);
    g_signal_connect(raw, "pong", reinterpret_cast<GCallback>(onPong), this);
    g_signal_connect(raw, "error", reinterpret_cast<GCallback>(onError), this);
    g_signal_connect(raw, "closed", reinterpret_cast<GCallback>(onEnd), this);
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(limits_.ping);
    soup_websocket_connection_set_keepalive_interval(raw, static_cast<guint>(seconds.count()));
    heard();
    timer_ = loop_.every(limits_.ping / 2, [this] { watch(); });
    const auto tell = events_.onOpen;
    tell();
}

void Socket::watch() {
    if (std::chrono::steady_clock::now() - lastHeard_ > limits_.silence) fail("it does not answer any more");
}

void Socket::send(const std::string& text) {
    if (!connection_) return;
    if (soup_websocket_connection_get_state(connection_.get()) != SOUP_WEBSOCKET_STATE_OPEN) return;
    soup_websocket_connection_send_text(connection_.get(), text.c_str());
}

void Socket::close() {
    const bool isOpen =
        connection_ && soup_websocket_connection_get_state(connection_.get()) == SOUP_WEBSOCKET_STATE_OPEN;
    if (isOpen)
        return soup_websocket_connection_close(connection_.get(), SOUP_WEBSOCKET_CLOSE_NORMAL, nullptr);
    timer_ = loop_.after(std::chrono::milliseconds(0), [this] { fail("closed"); });
}

void Socket::onMessage(SoupWebsocketConnection*, int type, GBytes* message, gpointer self) noexcept {
    auto* socket = static_cast<Socket*>(self);
    socket->heard();
    if (type != SOUP_WEBSOCKET_DATA_TEXT) return;
    gsize size = 0;
    const auto* bytes = static_cast<const char*>(g_bytes_get_data(message, &size));
    const auto tell = socket->events_.onText;
    tell(std::string(bytes, size));
}

void Socket::onPong(SoupWebsocketConnection*, GBytes*, gpointer self) noexcept {
    static_cast<Socket*>(self)->heard();
}

void Socket::onError(SoupWebsocketConnection*, GError* error, gpointer self) noexcept {
    static_cast<Socket*>(self)->error_ = error->message;
}

void Socket::onEnd(SoupWebsocketConnection* connection, gpointer self) noexcept {
    auto* socket = static_cast<Socket*>(self);
    const int code = soup_websocket_connection_get_close_code(connection);
    const std::string why = code == 0 ? "the connection ended" : "closed with code " + std::to_string(code);
    socket->fail(socket->error_.empty() ? why : socket->error_);
}

void Socket::fail(const std::string& why) {
    timer_.cancel();
    g_cancellable_cancel(cancel_.get());
    if (connection_) {
        g_signal_handlers_disconnect_by_data(connection_.get(), this);
        sayGoodbye(std::move(connection_));
    }
    if (const auto tell = std::exchange(events_.onClosed, nullptr)) tell(why);
}

} // namespace spillway::daemon::janus
