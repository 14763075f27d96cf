// POST /v1/tokens: what is made, for whom, and that nobody gets more than who asks has.
#include "daemon/http/resources/resources.h"
#include "daemon/support/routed_server.h"
#include "support/catch.h"

#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <sstream>

using namespace spillway;
using namespace spillway::test;
using namespace std::chrono_literals;
using config::TokenRole;
using daemon::http::Access;
using daemon::http::Caller;
using daemon::http::Scope;

namespace {

struct Maker {
    explicit Maker(const config::HttpSettings& settings = settingsWithTokens(),
                   daemon::http::RateLimiter::Limits rate = {1000, 1000, 1})
        : server(settings) {
        daemon::http::addTokens(server.router, tokens(), rate);
    }

    const daemon::http::SignedTokens& tokens() { return server.server().signedTokens(); }
    Reply ask(const std::string& body, const std::string& token = "admin-secret") {
        auto headers = bearer(token);
        headers["Content-Type"] = "application/json";
        return server.ask("POST", "/v1/tokens", headers, body);
    }
    /// Who the token of an answer stands for.
    Caller callerOf(const Reply& reply) {
        REQUIRE(reply.status == 201);
        const auto text = nlohmann::json::parse(reply.body).at("token").get<std::string>();
        return std::get<Caller>(tokens().read(text, std::chrono::system_clock::now()));
    }

    RoutedServer server;
};

const std::string view = R"({"role": "view", "call": "studio", "participant": "alice", "expires_in": "1h"})";

/// What is logged while it lives.
class Log {
  public:
    Log()
        : before_(spdlog::default_logger()) {
        spdlog::set_default_logger(std::make_shared<spdlog::logger>(
            "test", std::make_shared<spdlog::sinks::ostream_sink_mt>(said_)));
    }
    Log(const Log&) = delete;
    Log& operator=(const Log&) = delete;
    ~Log() { spdlog::set_default_logger(before_); }

    std::string text() const { return said_.str(); }

  private:
    std::ostringstream said_;
    std::shared_ptr<spdlog::logger> before_;
};

} // namespace

TEST_CASE("an admin gets a token as asked, and it works at once") {
    Maker maker;
    const auto reply = maker.ask(view);
    const auto caller = maker.callerOf(reply);
    CHECK(caller.role == Access::view);
    CHECK(caller.scope == Scope{"studio", "alice"});
    const auto life = *caller.expires - std::chrono::system_clock::now();
    CHECK(life > 59min);
    CHECK(life <= 60min);
    const auto json = nlohmann::json::parse(reply.body);
    CHECK(json.at("key") == "test");
    CHECK(json.at("expires").get<std::string>().ends_with(".000Z"));
    const auto whole =
        nlohmann::json::parse(maker.ask(R"({"role": "view", "expires_in": "1h"})").body).at("token");
    CHECK(maker.server.ask("GET", "/view", bearer(whole)).status == 200);
    CHECK(maker.server.ask("POST", "/any", bearer(whole), "x").status == 403);
}

TEST_CASE("nobody but an admin gets a token") {
    Maker maker;
    for (const char* token : {"view-secret", "publish-secret", "monitor-secret"})
        CHECK(maker.ask(view, token).status == 403);
    CHECK(maker.ask(view, "wrong").status == 401);
    for (const auto role : {TokenRole::view, TokenRole::publish, TokenRole::monitor})
        CHECK(maker.ask(view, signedBy(maker.tokens(), role)).status == 403);
}

TEST_CASE("no token gives more than who asked for it has") {
    Maker maker;
    const auto issuer = signedBy(maker.tokens(), TokenRole::admin, {"studio", "alice"}, 30min);
    const auto expires =
        std::get<Caller>(maker.tokens().read(issuer, std::chrono::system_clock::now())).expires.value();
    const auto ask = [&](const std::string& claims) { return maker.ask("{" + claims + "}", issuer); };
    for (const char* wider :
         {"role: view, expires_in: 1m", "role: view, call: studio, expires_in: 1m",
          "role: view, call: studio, participant: bob, expires_in: 1m",
          "role: view, participant: alice, expires_in: 1m",
          "role: admin, call: other, participant: alice, expires_in: 1m", "role: monitor, expires_in: 1m"}) {
        CAPTURE(wider);
        const auto refused = ask(wider);
        CHECK(refused.status == 403);
        problemOf(refused);
    }
    const auto longer = ask("role: view, call: studio, participant: alice, expires_in: 31m");
    CHECK(longer.status == 403);
    CHECK(problemOf(longer).at("detail").get<std::string>().find("expires") != std::string::npos);
    const auto within =
        maker.callerOf(ask("role: admin, call: studio, participant: alice, source: video, expires_in: 1m"));
    CHECK(within.scope == Scope{"studio", "alice", "video"});
    CHECK(*within.expires <= expires);
}

TEST_CASE("what is wrong with the claims is listed, each with its key") {
    Maker maker;
    const auto reply = maker.ask(R"({"role": "owner", "cal": "studio"})");
    CHECK(reply.status == 422);
    CHECK(problemOf(reply).at("errors").size() == 3);
    for (const char* body : {"{", "[]", "null", "{\"role\": 1", "\xff\xfe"})
        CHECK(maker.ask(body).status == 422);
}

TEST_CASE("too many tokens are refused, also to an admin, and without a key there are none") {
    Maker maker(settingsWithTokens(), {0.01, 2, 1});
    CHECK(maker.ask(view).status == 201);
    CHECK(maker.ask(view).status == 201);
    const auto refused = maker.ask(view);
    CHECK(refused.status == 429);
    CHECK_FALSE(refused.header("retry-after").empty());
    auto settings = settingsWithTokens();
    settings.signedTokens.keys.clear();
    Maker keyless(settings);
    CHECK(keyless.ask(view).status == 404);
}

TEST_CASE("the log tells what a token is for, and not the token") {
    Log log;
    Maker maker;
    const auto token = nlohmann::json::parse(maker.ask(view).body).at("token").get<std::string>();
    CHECK(log.text().find("token signed role=view scope=studio/alice/* key=test expires=20") !=
          std::string::npos);
    CHECK(log.text().find(token) == std::string::npos);
    CHECK(log.text().find(token.substr(token.rfind('.') + 1)) == std::string::npos);
}
