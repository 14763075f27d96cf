// A server by libsoup on the loop of the test, which answers as the test says and writes down what it was
// asked.
#pragma once

#include "daemon/glib/object.h"
#include "support/catch.h"

#include <libsoup/soup.h>

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace spillway::test {

struct Asked {
    std::string method;
    std::string path;
    std::map<std::string, std::string> headers; ///< names in lower case
    std::string body;

    std::string header(const std::string& name) const {
        const auto found = headers.find(name);
        return found == headers.end() ? "" : found->second;
    }
};

struct Told {
    enum class How {
        whole,
        never,   ///< no answer at all
        halfway, ///< the head and some of the body, then nothing
    };
    unsigned status = 204;
    std::vector<std::pair<std::string, std::string>> headers;
    std::string type;
    std::string body;
    How how = How::whole;
};

class TestSoupServer {
  public:
    using Answer = std::function<Told(const Asked&)>;

    /// With a certificate it speaks TLS. `answer` says what to any request.
    explicit TestSoupServer(Answer answer, GTlsCertificate* certificate = nullptr)
        : server_(soup_server_new(certificate ? "tls-certificate" : nullptr, certificate, nullptr))
        , scheme_(certificate ? "https" : "http")
        , answer_(std::move(answer)) {
        soup_server_add_handler(server_.get(), nullptr, onRequest, this, nullptr);
        const auto options = certificate ? SOUP_SERVER_LISTEN_HTTPS : SOUP_SERVER_LISTEN_IPV4_ONLY;
        daemon::glib::Error error;
        REQUIRE(soup_server_listen_local(
            server_.get(), 0, static_cast<SoupServerListenOptions>(options | SOUP_SERVER_LISTEN_IPV4_ONLY),
            error.out()));
        GSList* uris = soup_server_get_uris(server_.get());
        port_ = g_uri_get_port(static_cast<GUri*>(uris->data));
        g_slist_free_full(uris, [](gpointer uri) { g_uri_unref(static_cast<GUri*>(uri)); });
    }
    ~TestSoupServer() { soup_server_disconnect(server_.get()); }
    TestSoupServer(const TestSoupServer&) = delete;
    TestSoupServer& operator=(const TestSoupServer&) = delete;

    std::string url(const std::string& path, const std::string& host = "127.0.0.1") const {
        return scheme_ + "://" + host + ":" + std::to_string(port_) + path;
    }
    /// `METHOD path` of what was asked so far.
    std::vector<std::string> lines() const {
        std::vector<std::string> all;
        for (const Asked& one : asked)
            all.push_back(one.method + " " + one.path);
        return all;
    }
    /// The last request of this method; fails the test when there was none.
    const Asked& last(const std::string& method) const {
        for (auto it = asked.rbegin(); it != asked.rend(); ++it)
            if (it->method == method) return *it;
        FAIL("never asked: " + method);
        return asked.front();
    }

    std::vector<Asked> asked;

  private:
    template <class T>
    using Object = daemon::glib::Object<T>;

    static Asked read(SoupServerMessage* message, const char* path) {
        Asked asked{soup_server_message_get_method(message), path, {}, {}};
        soup_message_headers_foreach(
            soup_server_message_get_request_headers(message),
            [](const char* name, const char* value, gpointer data) {
                const daemon::glib::Text lower(g_ascii_strdown(name, -1));
                static_cast<Asked*>(data)->headers[lower.get()] = value;
            },
            &asked);
        GBytes* body = soup_message_body_flatten(soup_server_message_get_request_body(message));
        gsize size = 0;
        if (const auto* bytes = static_cast<const char*>(g_bytes_get_data(body, &size)))
            asked.body.assign(bytes, size);
        g_bytes_unref(body);
        return asked;
    }

    static void onRequest(SoupServer*, SoupServerMessage* message, const char* path, GHashTable*,
                          gpointer data) {
        auto& self = *static_cast<TestSoupServer*>(data);
        self.asked.push_back(read(message, path));
        const Told told = self.answer_(self.asked.back());
        if (told.how == Told::How::never) return soup_server_message_pause(message);
        for (const auto& [name, value] : told.headers)
            soup_message_headers_append(soup_server_message_get_response_headers(message), name.c_str(),
                                        value.c_str());
        soup_server_message_set_status(message, told.status, nullptr);
        if (told.how == Told::How::halfway) return writeHalf(message);
        if (!told.type.empty())
            soup_server_message_set_response(message, told.type.c_str(), SOUP_MEMORY_COPY, told.body.data(),
                                             told.body.size());
        else
            soup_message_body_append(soup_server_message_get_response_body(message), SOUP_MEMORY_COPY,
                                     told.body.data(), told.body.size());
    }

    static void writeHalf(SoupServerMessage* message) {
        soup_message_headers_set_encoding(soup_server_message_get_response_headers(message),
                                          SOUP_ENCODING_CHUNKED);
        soup_message_body_append(soup_server_message_get_response_body(message), SOUP_MEMORY_STATIC, "half",
                                 4);
        g_signal_connect(message, "wrote-chunk", reinterpret_cast<GCallback>(soup_server_message_pause),
                         nullptr);
    }

    Object<SoupServer> server_;
    std::string scheme_;
    Answer answer_;
    int port_ = 0;
};

} // namespace spillway::test
