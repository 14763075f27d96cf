#include "daemon/http/client.h"

#include "config/text.h"
#include "daemon/glib/object.h"
#include "daemon/http/connections.h"
#include "daemon/http/headers.h"
#include "daemon/http/remote.h"

#include <libsoup/soup.h>

#include <algorithm>

namespace spillway::daemon::http {

namespace {

constexpr gsize chunkBytes = gsize{16} * 1024;

SoupMessage* makeMessage(const ClientRequest& request) {
    SoupMessage* message = soup_message_new(request.method.c_str(), request.url.c_str());
    if (message == nullptr) return nullptr;
    soup_message_set_flags(message, static_cast<SoupMessageFlags>(SOUP_MESSAGE_NO_REDIRECT |
                                                                  SOUP_MESSAGE_NEW_CONNECTION |
                                                                  SOUP_MESSAGE_DO_NOT_USE_AUTH_CACHE));
    SoupMessageHeaders* headers = soup_message_get_request_headers(message);
    for (const auto& [name, value] : request.headers)
        soup_message_headers_append(headers, name.c_str(), value.c_str());
    soup_message_headers_append(headers, "Connection", "close");
    if (!request.contentType.empty()) {
        GBytes* body = g_bytes_new(request.body.data(), request.body.size());
        soup_message_set_request_body_from_bytes(message, request.contentType.c_str(), body);
        g_bytes_unref(body);
    }
    return message;
}

} // namespace

const std::string* ClientReply::header(const std::string& lowerCaseName) const {
    const auto found = headers.find(lowerCaseName);
    return found == headers.end() ? nullptr : &found->second;
}

/// One request on its way. What GLib calls back holds a share of it, so that it outlives its last operation,
/// the client or not.
class Client::Transfer : public std::enable_shared_from_this<Transfer> {
  public:
    Transfer(const Limits& limits, OnReply onReply)
        : limits_(limits)
        , onReply_(std::move(onReply)) {}

    void start(relay::Loop& loop, SoupSession* session, const ClientRequest& request);
    /// No reply is wanted any more.
    void drop() {
        onReply_ = nullptr;
        stop();
    }

  private:
    using Shared = std::shared_ptr<Transfer>;

    Shared* share() { return new Shared(shared_from_this()); }
    static Shared take(gpointer data) {
        const std::unique_ptr<Shared> held(static_cast<Shared*>(data));
        return *held;
    }

    void refusePrivateAddresses();
    static void onNetworkEvent(SoupMessage*, GSocketClientEvent event, GIOStream* stream,
                               gpointer data) noexcept;
    void onConnecting(GSocketConnection* connection);
    static void onHead(GObject* session, GAsyncResult* result, gpointer data) noexcept;
    static void onChunk(GObject* stream, GAsyncResult* result, gpointer data) noexcept;
    static void onClosed(GObject* stream, GAsyncResult* result, gpointer data) noexcept;
    void readOn();
    void addChunk(GBytes* chunk);
    void close();
    void fail(std::string error, bool timedOut = false);
    void finish();
    void stop() {
        deadline_.cancel();
        g_cancellable_cancel(cancel_.get());
    }

    Limits limits_;
    OnReply onReply_; ///< empty once it was called or nobody wants it
    ClientReply reply_;
    glib::Object<SoupMessage> message_;
    glib::Object<GInputStream> body_;
    glib::Object<GCancellable> cancel_{g_cancellable_new()};
    std::string refused_; ///< why it must not connect
    relay::Timer deadline_;
};

void Client::Transfer::start(relay::Loop& loop, SoupSession* session, const ClientRequest& request) {
    deadline_ = loop.after(limits_.deadline, [this] {
        fail("no reply within " + std::to_string(limits_.deadline.count()) + " ms", true);
    });
    message_.reset(makeMessage(request));
    if (!message_) {
        loop.post([self = shared_from_this()] { self->fail("this is no URL"); });
        return;
    }
    if (request.publicOnly) refusePrivateAddresses();
    soup_session_send_async(session, message_.get(), G_PRIORITY_DEFAULT, cancel_.get(), onHead, share());
}

void Client::Transfer::refusePrivateAddresses() {
    using Weak = std::weak_ptr<Transfer>;
    const GClosureNotify release = [](gpointer data, GClosure*) noexcept { delete static_cast<Weak*>(data); };
    g_signal_connect_data(message_.get(), "network-event", reinterpret_cast<GCallback>(onNetworkEvent),
                          new Weak(weak_from_this()), release, static_cast<GConnectFlags>(0));
}

void Client::Transfer::onNetworkEvent(SoupMessage*, GSocketClientEvent event, GIOStream* stream,
                                      gpointer data) noexcept {
    const Shared self = static_cast<std::weak_ptr<Transfer>*>(data)->lock();
    if (self && event == G_SOCKET_CLIENT_CONNECTING)
        self->onConnecting(glib::cast<GSocketConnection>(stream));
}

/// Nothing has been sent to it yet.
void Client::Transfer::onConnecting(GSocketConnection* connection) {
    const glib::Object<GSocketAddress> remote(g_socket_connection_get_remote_address(connection, nullptr));
    const std::string host = remote ? Connections::host(remote.get()) : "an unknown address";
    if (isPublic(host)) return;
    refused_ = "it points to " + host + ", which is neither the configured server nor public";
    g_cancellable_cancel(cancel_.get());
}

void Client::Transfer::onHead(GObject* session, GAsyncResult* result, gpointer data) noexcept {
    const Shared self = take(data);
    glib::Error error;
    self->body_.reset(soup_session_send_finish(SOUP_SESSION(session), result, error.out()));
    if (!self->body_) return self->fail(self->refused_.empty() ? error.text() : self->refused_);
    if (!self->onReply_) return self->close();
    self->reply_.headers = readHeaders(soup_message_get_response_headers(self->message_.get()));
    self->readOn();
}

void Client::Transfer::readOn() {
    g_input_stream_read_bytes_async(body_.get(), chunkBytes, G_PRIORITY_DEFAULT, cancel_.get(), onChunk,
                                    share());
}

void Client::Transfer::onChunk(GObject* stream, GAsyncResult* result, gpointer data) noexcept {
    const Shared self = take(data);
    glib::Error error;
    GBytes* chunk = g_input_stream_read_bytes_finish(G_INPUT_STREAM(stream), result, error.out());
    if (chunk == nullptr) {
        self->fail(error.text());
        return self->close();
    }
    self->addChunk(chunk);
    g_bytes_unref(chunk);
}

void Client::Transfer::addChunk(GBytes* chunk) {
    gsize size = 0;
    const auto* bytes = static_cast<const char*>(g_bytes_get_data(chunk, &size));
    if (size > 0) reply_.body.append(bytes, size);
    if (reply_.body.size() > limits_.maxBody) {
        fail("the reply has more than " + std::to_string(limits_.maxBody) + " bytes");
        return close();
    }
    if (size > 0) return readOn();
    reply_.status = soup_message_get_status(message_.get());
    finish();
    close();
}

/// With what is cancelled when it is not at its end, so that the rest is not waited for.
void Client::Transfer::close() {
    g_input_stream_close_async(body_.get(), G_PRIORITY_DEFAULT, cancel_.get(), onClosed, share());
}

void Client::Transfer::onClosed(GObject* stream, GAsyncResult* result, gpointer data) noexcept {
    const Shared self = take(data);
    g_input_stream_close_finish(G_INPUT_STREAM(stream), result, nullptr);
}

void Client::Transfer::fail(std::string error, bool timedOut) {
    if (!onReply_) return;
    reply_ = {};
    reply_.error = std::move(error);
    reply_.timedOut = timedOut;
    const auto self = shared_from_this();
    stop();
    finish();
}

void Client::Transfer::finish() {
    deadline_.cancel();
    if (const OnReply onReply = std::exchange(onReply_, nullptr)) onReply(reply_);
}

Client::Client(relay::Loop& loop)
    : Client(loop, Limits{}) {}

Client::Client(relay::Loop& loop, Limits limits)
    : loop_(loop)
    , limits_(limits)
    , session_(soup_session_new()) {
    soup_session_remove_feature_by_type(session_, SOUP_TYPE_CONTENT_DECODER);
    soup_session_set_proxy_resolver(session_, nullptr);
    // HTTP/2 keeps connections whatever was asked for.
    soup_session_set_idle_timeout(session_, 1);
}

Client::~Client() {
    for (const auto& transfer : transfers_)
        if (const auto alive = transfer.lock()) alive->drop();
    soup_session_abort(session_);
    g_object_unref(session_);
}

void Client::send(const ClientRequest& request, OnReply onReply) {
    send(request, limits_.deadline, std::move(onReply));
}

void Client::send(const ClientRequest& request, std::chrono::milliseconds deadline, OnReply onReply) {
    std::erase_if(transfers_, [](const auto& transfer) { return transfer.expired(); });
    const auto transfer = std::make_shared<Transfer>(Limits{deadline, limits_.maxBody}, std::move(onReply));
    transfers_.push_back(transfer);
    transfer->start(loop_, session_, request);
}

std::optional<std::chrono::milliseconds> retryAfter(const ClientReply& reply) {
    const std::string* value = reply.header("retry-after");
    if (value == nullptr) return std::nullopt;
    if (const auto seconds = number<std::uint32_t>(*value)) return std::chrono::seconds(*seconds);
    GDateTime* date = soup_date_time_new_from_http_string(value->c_str());
    if (date == nullptr) return std::nullopt;
    const auto left =
        std::chrono::seconds(g_date_time_to_unix(date)) -
        std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch());
    g_date_time_unref(date);
    if (left.count() <= 0) return std::nullopt;
    return left;
}

} // namespace spillway::daemon::http
