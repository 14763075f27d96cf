#include "daemon/support/error_of.h"
#include "daemon/support/routed_server.h"
#include "support/catch.h"
#include "support/leak_guard.h"
#include "support/turns.h"

#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>

#include <filesystem>
#include <sstream>

using namespace spillway;
using namespace spillway::test;
using namespace std::chrono_literals;
using daemon::http::Access;
using daemon::http::BodySource;
using daemon::http::Caller;
using daemon::http::Reach;
using daemon::http::Response;
using daemon::http::TokenPlace;

namespace {

RoutedServer::Limits quick() {
    RoutedServer::Limits limits;
    limits.connections.head = 300ms;
    limits.connections.request = 300ms;
    limits.connections.farewell = 300ms;
    return limits;
}

std::string chunk(std::size_t size) {
    char head[32];
    std::snprintf(head, sizeof head, "%zx\r\n", size);
    return head + std::string(size, 'x') + "\r\n";
}

std::string chunkedHead(const std::string& path) {
    return requestText("POST", path, {{"Transfer-Encoding", "chunked"}, {"Content-Type", "text/plain"}});
}

std::filesystem::path temporaryPath(const std::string& name) {
    return std::filesystem::temp_directory_path() / (name + std::to_string(::getpid()));
}

} // namespace

TEST_CASE("a request reaches its handler and its body comes back") {
    RoutedServer server;
    const auto reply = server.ask("POST", "/echo", {{"Content-Type", "text/plain"}}, "hello");
    CHECK(reply.status == 200);
    CHECK(reply.body == "hello");
    CHECK(reply.header("cache-control") == "no-store");
}

TEST_CASE("an answer ends its connection and says so") {
    RoutedServer server;
    const auto [reply, closed] = whileTurning(server.loop, [port = server.port()] {
        HttpConnection connection(port);
        connection.send(requestText("GET", "/open"));
        auto answer = connection.receive();
        return std::pair(std::move(answer), connection.closedByServer());
    });
    CHECK(reply.header("connection") == "close");
    CHECK(closed);
    CHECK(server.counts.all().at({"/open", "GET", 200}) == 1);
}

TEST_CASE("what is wrong with a request is a problem document with its status") {
    RoutedServer server(settingsWithTokens());
    const auto admin = bearer("admin-secret");
    problemOf(server.ask("GET", "/nothing"));
    CHECK(server.ask("GET", "/nothing").status == 404);

    const auto method = server.ask("PUT", "/things/a", admin);
    CHECK(method.status == 405);
    CHECK(method.header("allow") == "DELETE, OPTIONS");
    problemOf(method);

    const auto unauthorized = server.ask("GET", "/view");
    CHECK(unauthorized.status == 401);
    CHECK(unauthorized.header("www-authenticate").starts_with("Bearer"));
    problemOf(unauthorized);

    const auto forbidden = server.ask("DELETE", "/things/a", bearer("view-secret"));
    CHECK(forbidden.status == 403);
    problemOf(forbidden);

    const auto type =
        server.ask("POST", "/echo", {{"Authorization", "Bearer admin-secret"}, {"Content-Type", "a/b"}}, "x");
    CHECK(type.status == 415);
    CHECK(type.header("accept-post") == "text/plain");
    problemOf(type);
}

TEST_CASE("what libsoup cannot read is a problem too") {
    RoutedServer server;
    const auto reply = ask(server.loop, server.port(), "GET /view HTTP/1.1\r\n\r\n");
    CHECK(reply.status == 400);
    CHECK(reply.header("content-type") == "application/problem+json");
    CHECK(server.counts.all().at({"other", "other", 400}) == 1);
}

TEST_CASE("HEAD has the header fields of GET and no body") {
    RoutedServer server;
    const auto reply = server.ask("HEAD", "/open");
    CHECK(reply.status == 200);
    CHECK(reply.header("content-type") == "text/plain");
}

TEST_CASE("OPTIONS names the methods of a path without a token") {
    RoutedServer server(settingsWithTokens());
    const auto reply = server.ask("OPTIONS", "/view");
    CHECK(reply.status == 204);
    CHECK(reply.header("allow") == "GET, HEAD, OPTIONS");
}

TEST_CASE("a body that is announced too large is refused before it comes") {
    RoutedServer server;
    const auto reply = whileTurning(server.loop, [port = server.port()] {
        HttpConnection connection(port);
        connection.send(
            "POST /any HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1048576\r\n\r\nfirst bytes");
        return connection.receive();
    });
    CHECK(reply.status == 413);
    problemOf(reply);
    CHECK(reply.header("connection") == "close");
}

TEST_CASE("a body that is too large is answered although the client sends all of it first") {
    RoutedServer server;
    const auto reply = whileTurning(server.loop, [port = server.port()] {
        HttpConnection connection(port);
        connection.send(requestText("POST", "/any", {}, std::string(1'048'576, 'x')));
        return connection.receive();
    });
    CHECK(reply.status == 413);
}

TEST_CASE("an endless chunked body is cut off and the connection closed") {
    RoutedServer server(localSettings(), quick());
    const auto [sent, closed] = whileTurning(server.loop, [port = server.port()] {
        HttpConnection connection(port);
        connection.send(chunkedHead("/any"));
        std::size_t total = 0;
        while (total < 268'435'456U && connection.send(chunk(16384)))
            total += 16384;
        return std::pair(total, connection.closedByServer());
    });
    CHECK(sent < 268'435'456U);
    CHECK(closed);
    CHECK(server.counts.all().at({"/any", "POST", 413}) == 1);
    CHECK(server.loop.runUntil([&] { return server.server().connections() == 0; }, 5s));
}

TEST_CASE("a chunked body within the bound is taken") {
    RoutedServer server;
    const auto reply = whileTurning(server.loop, [port = server.port()] {
        HttpConnection connection(port);
        connection.send(chunkedHead("/echo") + chunk(60000) + "0\r\n\r\n");
        return connection.receive();
    });
    CHECK(reply.status == 200);
    CHECK(reply.body.size() == 60000);
}

TEST_CASE("a refused request with an endless body is answered at once") {
    RoutedServer server(settingsWithTokens());
    const auto reply = whileTurning(server.loop, [port = server.port()] {
        HttpConnection connection(port);
        connection.send(chunkedHead("/echo") + chunk(10));
        return connection.receive();
    });
    CHECK(reply.status == 401);
    problemOf(reply);
}

TEST_CASE("a client that waits for 100 Continue is told the refusal instead") {
    RoutedServer server(settingsWithTokens());
    const auto reply = server.ask("POST", "/echo", {{"Expect", "100-continue"}, {"Content-Length", "1000"}});
    CHECK(reply.status == 401);
}

TEST_CASE("header fields over the bound are refused") {
    RoutedServer server;
    const auto reply = server.ask("GET", "/open", {{"X-Filler", std::string(20000, 'x')}});
    CHECK(reply.status == 431);
    problemOf(reply);
}

TEST_CASE("who sends a request byte by byte is cut off") {
    RoutedServer server(localSettings(), quick());
    const auto [reply, closed] = whileTurning(server.loop, [port = server.port()] {
        HttpConnection connection(port);
        connection.send("GET /open HTTP/1.1\r\nX-Slow: ");
        const auto end = std::chrono::steady_clock::now() + 5s;
        while (std::chrono::steady_clock::now() < end && connection.send("x"))
            std::this_thread::yield();
        return std::pair(connection.receive(), connection.closedByServer());
    });
    CHECK(reply.status == 0);
    CHECK(closed);
    CHECK(server.loop.runUntil([&] { return server.server().connections() == 0; }, 5s));
}

TEST_CASE("who connects and says nothing is cut off") {
    RoutedServer server(localSettings(), quick());
    CHECK(
        whileTurning(server.loop, [port = server.port()] { return HttpConnection(port).closedByServer(); }));
}

TEST_CASE("when all connections are taken the oldest goes that has sent no request") {
    RoutedServer::Limits limits;
    limits.connections.connections = 2;
    RoutedServer server(localSettings(), limits);
    const auto [first, second, third] = whileTurning(server.loop, [port = server.port()] {
        HttpConnection one(port);
        HttpConnection two(port);
        HttpConnection three(port);
        const bool closed = one.closedByServer();
        two.send(requestText("GET", "/open"));
        three.send(requestText("GET", "/open"));
        return std::tuple(closed, two.receive().status, three.receive().status);
    });
    CHECK(first);
    CHECK(second == 200);
    CHECK(third == 200);
}

TEST_CASE("hundreds who connect and say nothing keep nobody from an answer") {
    RoutedServer::Limits limits;
    limits.connections.connections = 64;
    RoutedServer server(localSettings(), limits);
    const auto status = whileTurning(server.loop, [port = server.port()] {
        std::vector<std::unique_ptr<HttpConnection>> idle;
        for (int i = 0; i < 300; ++i)
            idle.push_back(std::make_unique<HttpConnection>(port));
        HttpConnection asks(port);
        asks.send(requestText("GET", "/open"));
        return asks.receive().status;
    });
    CHECK(status == 200);
}

TEST_CASE("too many posts from one address get 429, and guesses at tokens too, each for themselves") {
    RoutedServer::Limits limits;
    limits.posts = {1, 3, 10};
    limits.guesses = {1, 3, 10};
    RoutedServer server(settingsWithTokens(), limits);
    for (int i = 0; i < 3; ++i)
        CHECK(server.ask("POST", "/any", bearer("publish-secret"), "x").status == 200);
    const auto limited = server.ask("POST", "/any", bearer("publish-secret"), "x");
    CHECK(limited.status == 429);
    CHECK(limited.header("retry-after") == "1");
    problemOf(limited);
    for (int i = 0; i < 3; ++i)
        CHECK(server.ask("GET", "/view", bearer("guess")).status == 401);
    CHECK(server.ask("GET", "/view", bearer("guess")).status == 429);
    CHECK(server.ask("GET", "/open", bearer("guess")).status == 429);
    CHECK(server.ask("GET", "/open").status == 200);
    CHECK(server.ask("POST", "/any", bearer("admin-secret"), "x").status == 200);
    CHECK(server.ask("GET", "/view", bearer("view-secret")).status == 200);
}

TEST_CASE("an admin of a part of the node is limited, one of all of it is not") {
    RoutedServer::Limits limits;
    limits.posts = {0.01, 2, 10};
    RoutedServer server(settingsWithTokens(), limits);
    server.router.post("/part", {Access::admin, Reach::filtered}, {},
                       [](const auto&) -> Response { return {200}; });
    auto& tokens = server.server().signedTokens();
    const auto part = bearer(signedBy(tokens, config::TokenRole::admin, {"studio"}));
    const auto whole = bearer(signedBy(tokens, config::TokenRole::admin));
    std::vector<int> statuses;
    for (int i = 0; i < 3; ++i)
        statuses.push_back(server.ask("POST", "/part", part).status);
    CHECK(statuses == std::vector<int>{200, 200, 429});
    for (int i = 0; i < 5; ++i)
        CHECK(server.ask("POST", "/part", whole).status == 200);
}

TEST_CASE("an audience of one address comes at once, while a stranger there guesses at tokens") {
    RoutedServer server(settingsWithTokens());
    int refused = 0;
    for (int i = 0; i < 60; ++i)
        refused += server.ask("GET", "/view", bearer("guess")).status == 429 ? 1 : 0;
    CHECK(refused > 0);
    for (int i = 0; i < 100; ++i)
        REQUIRE(server.ask("POST", "/any", bearer("publish-secret"), "x").status == 200);
}

TEST_CASE("too many looks from one address get 429, but an admin's and those that are open to all do not") {
    RoutedServer::Limits limits;
    limits.reads = {0.01, 3, 10};
    RoutedServer server(settingsWithTokens(), limits);
    for (int i = 0; i < 3; ++i)
        CHECK(server.ask("GET", "/view", bearer("view-secret")).status == 200);
    CHECK(server.ask("GET", "/view", bearer("view-secret")).status == 429);
    CHECK(server.ask("GET", "/view", bearer("admin-secret")).status == 200);
    CHECK(server.ask("GET", "/open").status == 200);
    CHECK(server.ask("POST", "/any", bearer("publish-secret"), "x").status == 200);
}

TEST_CASE("behind a proxy that is trusted each client has limits of its own") {
    auto settings = settingsWithTokens();
    settings.trustedProxies = {config::Network::parse("127.0.0.0/8")};
    RoutedServer::Limits limits;
    limits.posts = {0.01, 1, 10};
    RoutedServer server(settings, limits);
    const auto postOf = [&](const char* client) {
        auto headers = bearer("publish-secret");
        headers["X-Forwarded-For"] = client;
        return server.ask("POST", "/any", headers, "x").status;
    };
    CHECK(postOf("192.0.2.1") == 200);
    CHECK(postOf("192.0.2.1") == 429);
    CHECK(postOf("192.0.2.2") == 200);
}

TEST_CASE("a token in the URL opens what it may, and nothing behind the gate sees it") {
    RoutedServer server(settingsWithTokens());
    std::map<std::string, std::string> seen;
    server.router.get("/play/{call}", {Access::view, Reach::named, TokenPlace::anywhere},
                      [&](const auto& request) -> Response {
                          seen = request.query;
                          return {200, "text/plain", request.caller.scope.text()};
                      });
    const auto token = signedBy(server.server().signedTokens(), config::TokenRole::view, {"studio", "alice"});
    const auto ofCall = signedBy(server.server().signedTokens(), config::TokenRole::view, {"studio"});
    for (const std::string name : {"access_token", "access%5Ftoken"}) {
        const auto reply =
            server.ask("GET", "/play/studio?a=1&" + name + "=" + ofCall + "&access_token=x&b=2");
        CHECK(reply.status == 200);
        CHECK(reply.body == "studio/*/*");
        CHECK(seen == std::map<std::string, std::string>{{"a", "1"}, {"b", "2"}});
        CHECK(reply.header("referrer-policy") == "no-referrer");
        CHECK(reply.header("cache-control") == "no-store");
    }
    for (const auto& refused :
         {server.ask("GET", "/play/studio?access_token=" + token),
          server.ask("GET", "/play/other?access_token=" + ofCall),
          server.ask("GET", "/play/studio?access_token=" + ofCall, bearer("view-secret")),
          server.ask("GET", "/view?access_token=" + ofCall),
          server.ask("GET", "/none?access_token=" + ofCall)}) {
        CHECK(refused.status >= 400);
        problemOf(refused);
        CHECK(refused.body.find("eyJ") == std::string::npos);
        for (const auto& [name, value] : refused.headers)
            CHECK(value.find("eyJ") == std::string::npos);
        CHECK(refused.header("referrer-policy") == "no-referrer");
    }
    for (const auto& [key, count] : server.counts.all())
        CHECK(key.route.find("eyJ") == std::string::npos);
}

TEST_CASE("a stream ends when the token expires that opened it, others go on") {
    struct Endless : BodySource {
        std::optional<std::string> next() override { return std::exchange(first, ""); }
        std::string first = "picture";
    };
    RoutedServer server(settingsWithTokens());
    int open = 0;
    server.router.get("/stream", {Access::view, Reach::filtered}, [&](const auto&) -> Response {
        Response response{200, "text/plain"};
        ++open;
        response.stream = [](const auto&) { return std::make_unique<Endless>(); };
        return response;
    });
    auto& tokens = server.server().signedTokens();
    const auto brief = signedBy(tokens, config::TokenRole::view, {"studio"}, 3s);
    const auto expires =
        std::get<Caller>(tokens.read(brief, std::chrono::system_clock::now())).expires.value();
    const auto longer = signedBy(tokens, config::TokenRole::view, {"studio"}, 1h);
    HttpConnection fixedOne(server.port());
    HttpConnection longerOne(server.port());
    const auto closed = whileTurning(server.loop, [&, port = server.port()] {
        for (const auto& [connection, token] :
             {std::pair(&fixedOne, std::string("view-secret")), {&longerOne, longer}}) {
            connection->send(requestText("GET", "/stream", bearer(token)));
            connection->until("picture");
        }
        HttpConnection connection(port);
        connection.send(requestText("GET", "/stream", bearer(brief)));
        return !connection.until("picture").empty() && connection.closedByServer();
    });
    CHECK(closed);
    CHECK(open == 3);
    CHECK(std::chrono::system_clock::now() >= expires);
    CHECK(server.loop.runUntil([&] { return server.server().connections() == 2; }, 5s));
}

TEST_CASE("a page of an allowed origin may read the answer, others not") {
    auto settings = settingsWithTokens();
    settings.cors = {"https://example.org"};
    RoutedServer server(settings);
    const auto preflight = server.ask(
        "OPTIONS", "/echo", {{"Origin", "https://example.org"}, {"Access-Control-Request-Method", "POST"}});
    CHECK(preflight.status == 204);
    CHECK(preflight.header("access-control-allow-origin") == "https://example.org");
    CHECK(preflight.header("access-control-allow-methods").find("POST") != std::string::npos);
    CHECK(preflight.header("access-control-allow-headers").find("Authorization") != std::string::npos);
    CHECK(server.ask("GET", "/open", {{"Origin", "https://evil.example"}})
              .header("access-control-allow-origin")
              .empty());
    CHECK(server.ask("GET", "/view", {{"Origin", "https://example.org"}})
              .header("access-control-allow-origin") == "https://example.org");
}

TEST_CASE("requests are counted by pattern, never by what the client made up") {
    RoutedServer server;
    server.ask("DELETE", "/things/a");
    server.ask("DELETE", "/things/b");
    server.ask("GET", "/made/up/1");
    server.ask("GET", "/made/up/2");
    server.ask("BREW", "/open");
    CHECK(server.counts.all().at({"/things/{name}", "DELETE", 200}) == 2);
    CHECK(server.counts.all().at({"other", "GET", 404}) == 2);
    CHECK(server.counts.all().at({"/open", "other", 405}) == 1);
    CHECK(server.counts.all().size() == 3);
}

TEST_CASE("a handler that throws or drops its responder is our own error, logged once") {
    RoutedServer server;
    server.router.add(
        {"GET", "/throws", Access::open, {}, [](auto&, auto&) { throw std::runtime_error("secret"); }});
    server.router.add({"GET", "/drops", Access::open, {}, [](auto&, auto&) {}});
    const auto thrown = server.ask("GET", "/throws");
    CHECK(thrown.status == 500);
    CHECK(thrown.body.find("secret") == std::string::npos);
    CHECK(server.ask("GET", "/drops").status == 500);
}

TEST_CASE("a handler may answer later, also when the client or the server is gone by then") {
    RoutedServer server;
    daemon::http::Responder later;
    server.router.add(
        {"GET", "/later", daemon::http::Access::open, {}, [&](auto&, auto& respond) { later = respond; }});
    SECTION("an answer that comes later arrives") {
        const auto timer = server.loop.every(5ms, [&] {
            if (later) later({200, "text/plain", "late", {}});
        });
        CHECK(server.ask("GET", "/later").body == "late");
    }
    SECTION("the client has gone") {
        whileTurning(server.loop, [&] {
            HttpConnection connection(server.port());
            connection.send(requestText("GET", "/later"));
            return 0;
        });
        REQUIRE(server.loop.runUntil([&] { return static_cast<bool>(later); }, 5s));
        later({200, "text/plain", "late", {}});
        later = {};
        CHECK(server.loop.runUntil([&] { return server.server().connections() == 0; }, 5s));
    }
}

TEST_CASE("an answer after the end of the server does nothing") {
    daemon::http::Responder later;
    {
        RoutedServer server;
        server.router.add({"GET", "/later", daemon::http::Access::open, {}, [&](auto&, auto& respond) {
                               later = respond;
                           }});
        HttpConnection connection(server.port());
        connection.send(requestText("GET", "/later"));
        REQUIRE(server.loop.runUntil([&] { return static_cast<bool>(later); }, 5s));
    }
    later({200, "text/plain", "late", {}});
    SUCCEED("nothing was touched that is gone");
}

TEST_CASE("a Unix socket is for owner and group, replaces a stale one and goes with the server") {
    const auto path = temporaryPath("spillway-http-").string();
    auto settings = localSettings();
    settings.listen = {config::ListenAddress::parse("unix:" + path)};
    {
        // What a killed daemon leaves behind.
        const int stale = ::socket(AF_UNIX, SOCK_STREAM, 0);
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        path.copy(address.sun_path, sizeof address.sun_path - 1);
        REQUIRE(::bind(stale, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
        ::close(stale);
    }
    {
        RoutedServer server(settings);
        struct stat file {};
        REQUIRE(::stat(path.c_str(), &file) == 0);
        CHECK((file.st_mode & 0777U) == 0660U);
        for (const char* request :
             {"GET /view HTTP/1.1\r\nHost: any.name\r\n\r\n", "GET /view HTTP/1.0\r\n\r\n"}) {
            const auto status = whileTurning(server.loop, [&] {
                HttpConnection connection(path);
                connection.send(request);
                return connection.receive().status;
            });
            CHECK(status == 200);
        }
        CHECK(contains(errorOf([&] { RoutedServer second(settings); }), "another process serves it"));
    }
    CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE("an address that cannot be had is named") {
    RoutedServer server;
    auto settings = localSettings();
    settings.listen = {config::ListenAddress::parse("127.0.0.1:" + std::to_string(server.port()))};
    CHECK(contains(errorOf([&] { RoutedServer second(settings); }), settings.listen.front().text()));
    settings.listen = {config::ListenAddress::parse("0.0.0.0:0")};
    CHECK(contains(errorOf([&] { RoutedServer second(settings); }), "no tokens"));
}

TEST_CASE("tokens without TLS are warned of where others reach the address, and there alone") {
    std::ostringstream said;
    const auto before = spdlog::default_logger();
    spdlog::set_default_logger(
        std::make_shared<spdlog::logger>("test", std::make_shared<spdlog::sinks::ostream_sink_mt>(said)));
    auto settings = settingsWithTokens();
    RoutedServer local(settings);
    CHECK(said.str().find("without TLS") == std::string::npos);
    settings.listen = {config::ListenAddress::parse("0.0.0.0:0")};
    RoutedServer open(settings);
    spdlog::set_default_logger(before);
    CHECK(said.str().find("http carries tokens without TLS address=0.0.0.0:") != std::string::npos);
}

TEST_CASE("IPv6 and several addresses are served together") {
    auto settings = localSettings();
    settings.listen.push_back(config::ListenAddress::parse("[::1]:0"));
    RoutedServer server(settings);
    const auto addresses = server.server().addresses();
    REQUIRE(addresses.size() == 2);
    CHECK(addresses.at(1).host() == "::1");
    CHECK(addresses.at(1).port() != 0);
    CHECK(server.ask("GET", "/open").status == 200);
}

TEST_CASE("thousands of requests leave no descriptor and no connection behind") {
    RoutedServer server;
    server.ask("GET", "/open");
    const LeakGuard guard;
    whileTurning(server.loop, [port = server.port()] {
        for (int i = 0; i < 1000; ++i) {
            HttpConnection connection(port);
            connection.send(
                requestText(i % 2 ? "GET" : "POST", i % 2 ? "/open" : "/echo", {}, i % 2 ? "" : "x"));
            connection.receive();
        }
        return 0;
    });
    CHECK(server.loop.runUntil([&] { return server.server().connections() == 0; }, 5s));
    guard.require([&] { turn(server.loop, 1ms); });
}
