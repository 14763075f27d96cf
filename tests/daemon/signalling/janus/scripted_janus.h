// A WebSocket server that says what a test wants Janus to say: for what the real one cannot be made to do on
// demand (an event before its `ack`, a hangup, nonsense, silence). Everything else is tested against the real
// one.
#pragma once

#include "daemon/glib/object.h"
#include "daemon/signalling/janus/json.h"
#include "support/catch.h"

#include <libsoup/soup.h>

#include <functional>
#include <string>
#include <vector>

namespace spillway::test {

using daemon::janus::Json;

class ScriptedJanus {
  public:
    /// `onRequest` may send(); false: the usual answer is given.
    using OnRequest = std::function<bool(const Json& request)>;

    explicit ScriptedJanus(OnRequest onRequest, GTlsCertificate* certificate = nullptr)
        : onRequest_(std::move(onRequest))
        , server_(static_cast<SoupServer*>(
              g_object_new(SOUP_TYPE_SERVER, "tls-certificate", certificate, nullptr))) {
        char protocol[] = "janus-protocol";
        char* protocols[] = {protocol, nullptr};
        soup_server_add_websocket_handler(server_.get(), nullptr, nullptr, protocols, onConnection, this,
                                          nullptr);
        const auto options = certificate ? SOUP_SERVER_LISTEN_HTTPS : SOUP_SERVER_LISTEN_IPV4_ONLY;
        REQUIRE(soup_server_listen_local(server_.get(), 0, options, nullptr));
        GSList* uris = soup_server_get_uris(server_.get());
        port_ = g_uri_get_port(static_cast<GUri*>(uris->data));
        g_slist_free_full(uris, reinterpret_cast<GDestroyNotify>(g_uri_unref));
    }
    ~ScriptedJanus() {
        drop();
        soup_server_disconnect(server_.get());
    }
    ScriptedJanus(const ScriptedJanus&) = delete;
    ScriptedJanus& operator=(const ScriptedJanus&) = delete;

    std::string url(const char* scheme = "ws") const {
        return std::string(scheme) + "://127.0.0.1:" + std::to_string(port_) + "/";
    }

    void sendText(const std::string& text) {
        if (connection_) soup_websocket_connection_send_text(connection_.get(), text.c_str());
    }
    void send(const Json& message) { sendText(message.dump()); }
    /// What VideoRoom says to a handle; with the transaction of `request` when it is an answer.
    void event(std::uint64_t handle, const Json& data, const Json& request = {}, const Json& jsep = {}) {
        Json message{{"janus", "event"},
                     {"session_id", 1},
                     {"sender", handle},
                     {"plugindata", {{"plugin", "janus.plugin.videoroom"}, {"data", data}}}};
        if (request.is_object()) message["transaction"] = request.at("transaction");
        if (jsep.is_object()) message["jsep"] = jsep;
        send(message);
    }
    void acknowledge(const Json& request) {
        send({{"janus", "ack"}, {"session_id", 1}, {"transaction", request.at("transaction")}});
    }
    /// Ends the connection without good-bye.
    void drop() {
        if (!connection_) return;
        g_signal_handlers_disconnect_by_data(connection_.get(), this);
        g_io_stream_close(soup_websocket_connection_get_io_stream(connection_.get()), nullptr, nullptr);
        connection_.reset();
    }

    std::vector<Json> requests;      ///< all that came
    std::uint64_t lastHandle = 10;   ///< the observer is 11, the first subscriber 12
    Json publishers = Json::array(); ///< of `joined`
    int connections = 0;

    static Json publisher(int id, const std::string& display) {
        return {
            {"id", id},
            {"display", display},
            {"streams", Json::array({{{"type", "video"}, {"mid", "0"}, {"mindex", 0}, {"codec", "vp8"}}})}};
    }
    /// `streams[]` of `attached` and `updated`: line by line, the feed that it carries.
    static Json lines(const std::vector<int>& feeds) {
        Json lines = Json::array();
        for (const int feed : feeds)
            lines.push_back({{"mid", std::to_string(lines.size())},
                             {"type", "video"},
                             {"active", true},
                             {"send", true},
                             {"feed_id", feed},
                             {"feed_mid", "0"}});
        return lines;
    }
    static Json offer(const std::string& sdp) { return {{"type", "offer"}, {"sdp", sdp}}; }

  private:
    static void onConnection(SoupServer*, SoupServerMessage*, const char*,
                             SoupWebsocketConnection* connection, gpointer self) {
        auto* server = static_cast<ScriptedJanus*>(self);
        ++server->connections;
        server->connection_ = daemon::glib::retain(connection);
        g_signal_connect(connection, "message", reinterpret_cast<GCallback>(onMessage), self);
    }
    static void onMessage(SoupWebsocketConnection*, int, GBytes* bytes, gpointer self) {
        gsize size = 0;
        const auto* text = static_cast<const char*>(g_bytes_get_data(bytes, &size));
        static_cast<ScriptedJanus*>(self)->take(Json::parse(text, text + size));
    }
    void take(const Json& request) {
        requests.push_back(request);
        if (!onRequest_(request)) answer(request);
    }
    void answer(const Json& request) {
        const std::string kind = request.at("janus");
        Json reply{{"janus", "success"}, {"transaction", request.at("transaction")}};
        if (kind == "create") reply["data"] = {{"id", 1}};
        if (kind == "attach") reply["data"] = {{"id", ++lastHandle}};
        if (kind != "message") return send(reply);
        acknowledge(request);
        const Json& body = request.at("body");
        const std::uint64_t handle = request.at("handle_id");
        if (daemon::janus::textOf(body, "ptype") == "publisher")
            return event(handle, {{"videoroom", "joined"}, {"private_id", 7}, {"publishers", publishers}},
                         request);
        if (daemon::janus::textOf(body, "ptype") == "subscriber") return attached(request);
        event(handle, {{"videoroom", "event"}, {"started", "ok"}}, request);
    }
    void attached(const Json& request) {
        std::vector<int> feeds;
        for (const auto& stream : request.at("body").at("streams"))
            feeds.push_back(stream.at("feed"));
        event(request.at("handle_id"), {{"videoroom", "attached"}, {"streams", lines(feeds)}}, request,
              offer("offer " + std::to_string(lastHandle)));
    }

    OnRequest onRequest_;
    daemon::glib::Object<SoupServer> server_;
    daemon::glib::Object<SoupWebsocketConnection> connection_;
    int port_ = 0;
};

} // namespace spillway::test
