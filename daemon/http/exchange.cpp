#include "daemon/http/exchange.h"

#include "daemon/http/farewell.h"
#include "daemon/http/headers.h"
#include "daemon/http/problem.h"
#include "daemon/http/remote.h"
#include "relay/base/log.h"

namespace spillway::daemon::http {

namespace {

/// What is sent when libsoup itself refuses a message that it cannot read; the status is libsoup's.
constexpr std::string_view unreadable = R"({"type":"about:blank","title":"The request could not be read"})"
                                        "\n";

void setBody(SoupServerMessage* message, const std::string& type, std::string_view body, SoupMemoryUse use) {
    soup_server_message_set_response(message, type.empty() ? nullptr : type.c_str(), use, body.data(),
                                     type.empty() ? 0 : body.size());
}

} // namespace

/// The signals of a message, each closure with its share of the exchange.
struct Exchange::Signals {
    using Shared = std::shared_ptr<Exchange>;

    static void connect(const Shared& exchange, const char* signal, GCallback callback) {
        const GClosureNotify release = [](gpointer data, GClosure*) noexcept {
            delete static_cast<Shared*>(data);
        };
        g_signal_connect_data(exchange->message_, signal, callback, new Shared(exchange), release,
                              static_cast<GConnectFlags>(0));
    }
    static void connectAll(const Shared& exchange) {
        connect(exchange, "got-headers", reinterpret_cast<GCallback>(onHeaders));
        connect(exchange, "got-chunk", reinterpret_cast<GCallback>(onChunk));
        connect(exchange, "got-body", reinterpret_cast<GCallback>(onBody));
        connect(exchange, "wrote-body-data", reinterpret_cast<GCallback>(onWritten));
        connect(exchange, "finished", reinterpret_cast<GCallback>(onFinished));
        connect(exchange, "disconnected", reinterpret_cast<GCallback>(onDisconnected));
    }

    static Exchange& of(gpointer data) { return **static_cast<Shared*>(data); }
    static void onHeaders(SoupServerMessage*, gpointer data) noexcept { of(data).onHeaders(); }
    static void onChunk(SoupServerMessage*, GBytes* chunk, gpointer data) noexcept {
        of(data).onChunk(g_bytes_get_size(chunk));
    }
    static void onBody(SoupServerMessage*, gpointer data) noexcept { of(data).onBody(); }
    static void onWritten(SoupServerMessage*, guint bytes, gpointer data) noexcept {
        of(data).onWritten(bytes);
    }
    static void onFinished(SoupServerMessage*, gpointer data) noexcept { of(data).onFinished(); }
    static void onDisconnected(SoupServerMessage*, gpointer data) noexcept { of(data).onDisconnected(); }
};

/// What copies of a Responder share: the last one that goes answers, if nobody has.
struct Exchange::Ticket {
    explicit Ticket(std::shared_ptr<Exchange> owner)
        : exchange(std::move(owner)) {}
    Ticket(const Ticket&) = delete;
    Ticket& operator=(const Ticket&) = delete;
    ~Ticket() { exchange->answer(problem(500, "the request was dropped")); }

    std::shared_ptr<Exchange> exchange;
};

void Exchange::begin(std::weak_ptr<ExchangeContext> context, SoupServerMessage* message) {
    const std::shared_ptr<Exchange> exchange(new Exchange(std::move(context), message));
    Signals::connectAll(exchange);
    setBody(message, "application/problem+json", unreadable, SOUP_MEMORY_STATIC);
}

void Exchange::readHead(const ExchangeContext& context) {
    GUri* uri = soup_server_message_get_uri(message_);
    request_.method = soup_server_message_get_method(message_);
    request_.path = g_uri_get_path(uri);
    if (const char* query = g_uri_get_query(uri)) request_.query = parseQuery(query);
    request_.headers = readHeaders(soup_server_message_get_request_headers(message_));
    const std::string host = Connections::host(remote());
    request_.byUnixSocket = host == "unix";
    request_.client = clientOf(context.proxies.clientOf(request_, host));
}

void Exchange::onHeaders() {
    const auto context = context_.lock();
    if (context) context->connections->onHead(remote());
    if (!context || soup_server_message_get_status(message_) != 0) return;
    soup_message_body_truncate(soup_server_message_get_response_body(message_));
    setBody(message_, {}, {}, SOUP_MEMORY_STATIC);
    readHead(*context);
    auto passage = context->gate.enter(request_);
    if (passage.match.path != nullptr) pattern_ = passage.match.path->pattern;
    route_ = passage.match.route;
    request_.params = std::move(passage.match.params);
    request_.caller = std::move(passage.caller);
    request_.query.erase(tokenParameter); // nothing behind the gate can repeat it
    if (!passage.refusal) return;
    const bool shortBody =
        request_.header("transfer-encoding") == nullptr && contentLength(request_) <= maxBody;
    shortBody ? answer(std::move(*passage.refusal)) : cut(std::move(*passage.refusal));
}

void Exchange::onChunk(std::size_t bytes) {
    received_ += bytes;
    if (received_ > maxBody && state_ == State::receiving) cut(tooLong());
}

void Exchange::onBody() {
    allow(&ConnectionLimits::answer);
    if (state_ != State::receiving || soup_server_message_get_status(message_) != 0) return;
    GBytes* body = soup_message_body_flatten(soup_server_message_get_request_body(message_));
    gsize size = 0;
    const auto* data = static_cast<const char*>(g_bytes_get_data(body, &size));
    if (size > 0) request_.body.assign(data, size);
    g_bytes_unref(body);
    handle();
}

void Exchange::handle() {
    state_ = State::handling;
    try {
        route_->handler(request_, responder());
    } catch (const std::exception& error) {
        log::error("request failed route={} method={} error=\"{}\"", pattern_, request_.method, error.what());
        answer(problem(500, "internal error; see the log"));
    }
    if (state_ != State::handling) return;
    held_ = glib::retain(message_);
    soup_server_message_pause(message_);
}

Responder Exchange::responder() {
    return [ticket = std::make_shared<Ticket>(shared_from_this())](Response response) {
        ticket->exchange->answer(std::move(response));
    };
}

void Exchange::answer(Response response) {
    const auto context = context_.lock();
    if (!context || state_ == State::answered || state_ == State::gone) return;
    complete(*context, response);
    write(response);
    if (const auto held = std::move(held_)) soup_server_message_unpause(message_);
}

void Exchange::complete(ExchangeContext& context, Response& response) {
    state_ = State::answered;
    context.gate.cors().addTo(response, request_);
    // The URL of this request may hold a token.
    response.with("Referrer-Policy", "no-referrer");
    response.with("Cache-Control", "no-store").with("X-Content-Type-Options", "nosniff");
    context.counts.add(pattern_, request_.method, response.status);
}

void Exchange::write(const Response& response) {
    SoupMessageHeaders* headers = soup_server_message_get_response_headers(message_);
    for (const auto& [name, value] : response.headers)
        soup_message_headers_append(headers, name.c_str(), value.c_str());
    soup_message_headers_append(headers, "Connection", "close");
    soup_server_message_set_status(message_, response.status, reasonPhrase(response.status));
    writeBody(response);
}

void Exchange::writeBody(const Response& response) {
    setBody(message_, response.contentType, response.body, SOUP_MEMORY_COPY);
    const auto context = context_.lock();
    if (!context || !response.stream || request_.method == "HEAD") return;
    streaming_ =
        std::make_unique<Streaming>(context->connections, message_, response.stream, request_.caller.expires);
}

void Exchange::onWritten(std::size_t bytes) {
    if (streaming_) streaming_->onWritten(bytes);
}

void Exchange::cut(Response response) {
    const auto context = context_.lock();
    if (!context) return;
    complete(*context, response);
    allow(&ConnectionLimits::farewell);
    GSocket* socket = context->connections->socketOf(remote());
    if (socket == nullptr) return;
    FarewellTo client{nullptr, glib::retain(socket)};
    client.stream.reset(soup_server_message_steal_connection(message_));
    if (client.stream) sayFarewell(std::move(client), response, context->connections->limits().farewell);
}

void Exchange::onFinished() {
    const auto context = context_.lock();
    if (context && state_ != State::answered)
        context->counts.add(pattern_, request_.method, soup_server_message_get_status(message_));
    onDisconnected();
}

void Exchange::onDisconnected() {
    state_ = State::gone;
    held_.reset();
    streaming_.reset();
}

void Exchange::allow(std::chrono::milliseconds ConnectionLimits::*time) const {
    if (const auto context = context_.lock())
        context->connections->allow(remote(), context->connections->limits().*time);
}

} // namespace spillway::daemon::http
