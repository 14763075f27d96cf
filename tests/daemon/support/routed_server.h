// A server on a port of its own with the routes of a test.
#pragma once

#include "daemon/http/server.h"
#include "daemon/support/http_client.h"

#include <nlohmann/json.hpp>

namespace spillway::test {

inline config::HttpSettings localSettings() {
    config::HttpSettings settings;
    settings.listen = {config::ListenAddress::parse("127.0.0.1:0")};
    return settings;
}

inline config::SignedTokenSettings signingKeys() {
    return {"spillway", {{"test", config::Secret(std::string(32, 'k'))}}};
}

inline config::HttpSettings settingsWithTokens() {
    auto settings = localSettings();
    settings.adminToken = config::Secret("admin-secret");
    settings.publishToken = config::Secret("publish-secret");
    settings.viewToken = config::Secret("view-secret");
    settings.monitorToken = config::Secret("monitor-secret");
    settings.signedTokens = signingKeys();
    return settings;
}

/// A token that holds for `life`.
inline std::string signedBy(const daemon::http::SignedTokens& tokens, config::TokenRole role,
                            const daemon::http::Scope& scope = {},
                            std::chrono::milliseconds life = std::chrono::hours(1)) {
    const config::TokenSettings wanted{role, scope.call, scope.participant, scope.source, {}, life};
    return tokens.make(wanted, std::chrono::system_clock::now()).text;
}

class RoutedServer {
  public:
    using Limits = daemon::http::Server::Limits;

    explicit RoutedServer(const config::HttpSettings& settings = localSettings(), Limits limits = {})
        : server_(loop, settings, router, counts, limits) {
        using daemon::http::Access;
        const auto echo = [](const daemon::http::Request& request, const daemon::http::Responder& respond) {
            respond({200, "text/plain", request.body, {}});
        };
        router.add({"GET", "/view", Access::view, {}, echo});
        router.add({"POST", "/echo", Access::publish, "text/plain", echo});
        router.add({"POST", "/any", Access::publish, {}, echo});
        router.add({"DELETE", "/things/{name}", Access::admin, {}, echo});
        router.add({"GET", "/open", Access::open, {}, echo});
        server_.listen();
    }

    std::uint16_t port() const { return server_.addresses().front().port(); }
    Reply ask(const std::string& method, const std::string& path, const Headers& headers = {},
              const std::string& body = {}) {
        return test::ask(loop, port(), requestText(method, path, headers, body));
    }

    relay::Loop loop;
    daemon::http::Router router;
    daemon::http::RequestCounts counts;
    daemon::http::Server& server() { return server_; }

  private:
    daemon::http::Server server_;
};

/// The document of a problem, whose shape is checked.
inline nlohmann::json problemOf(const Reply& reply) {
    REQUIRE(reply.header("content-type") == "application/problem+json");
    auto json = nlohmann::json::parse(reply.body);
    CHECK(json.at("type").is_string());
    CHECK_FALSE(json.at("title").get<std::string>().empty());
    CHECK_FALSE(json.at("detail").get<std::string>().empty());
    CHECK(json.at("status") == reply.status);
    return json;
}

inline Headers bearer(const std::string& token) {
    return {{"Authorization", "Bearer " + token}};
}

} // namespace spillway::test
