// The log of events, and the stream of it to real clients.
#include "daemon/events.h"
#include "daemon/http/resources/resources.h"
#include "daemon/support/routed_server.h"
#include "support/leak_guard.h"
#include "support/turns.h"

#include <list>

using namespace spillway;
using namespace spillway::test;
using namespace std::chrono_literals;
using daemon::EventLog;

namespace {

relay::Event event(const std::string& state, const std::string& detail = {}) {
    return {relay::Event::Subject::call, "studio", {}, {}, state, detail};
}

/// A server with `/v1/events` over a log of the last hundred, whose ids begin at 1001.
struct Events {
    explicit Events(std::chrono::milliseconds keepAlive = 1h, RoutedServer::Limits limits = {},
                    const config::HttpSettings& settings = localSettings())
        : server(settings, limits) {
        daemon::http::addEvents(server.router, server.loop, log, keepAlive);
    }

    void add(int count, const std::string& detail = {}) {
        for (int i = 0; i < count; ++i)
            log.add(event(std::to_string(log.lastId() + 1), detail));
    }
    bool untilListeners(std::size_t count) {
        return server.loop.runUntil([&] { return log.listeners() == count; }, 20s);
    }

    EventLog log{1000, 100};
    RoutedServer server;
};

/// A client of the stream whose head has been read.
struct Follower {
    explicit Follower(std::uint16_t port, const std::string& path = "/v1/events", const Headers& headers = {})
        : connection(port) {
        connection.send(requestText("GET", path, headers));
        head = connection.receive();
    }

    HttpConnection connection;
    Reply head;
};

} // namespace

TEST_CASE("the log numbers events and holds the newest ones") {
    EventLog log(7, 3);
    CHECK(log.after(7) == nullptr);
    CHECK_FALSE(log.misses(7));
    CHECK(log.misses(6));
    CHECK(log.misses(8));
    for (const char* state : {"a", "b", "c", "d"})
        log.add(event(state));
    CHECK(log.lastId() == 11);
    CHECK(log.misses(7));
    REQUIRE_FALSE(log.misses(8));
    CHECK(log.after(8)->event.state == "b");
    CHECK(log.after(8)->id == 9);
    CHECK(log.after(10)->event.state == "d");
    CHECK(log.after(11) == nullptr);
}

TEST_CASE("the log keeps no reason without bound, and its ids go on after a restart") {
    EventLog log;
    log.add(event("a", std::string(1'000'000, 'x')));
    CHECK(log.after(log.lostId())->event.detail.size() <= 1024);
    CHECK(EventLog::idOfNow() > log.lastId());
}

TEST_CASE("a listener of the log hears of every event until it goes, and may outlive the log") {
    auto log = std::make_unique<EventLog>();
    int heard = 0;
    auto first = log->listen([&] { ++heard; });
    auto second = log->listen([&] { ++heard; });
    log->add(event("a"));
    CHECK(heard == 2);
    first.reset();
    log->add(event("b"));
    CHECK(heard == 3);
    CHECK(log->listeners() == 1);
    log.reset();
    second.reset();
}

TEST_CASE("a client is told of every transition as it happens, with an id") {
    Events events;
    events.add(5);
    const auto port = events.server.port();
    auto follower = whileTurning(events.server.loop, [=] { return std::make_unique<Follower>(port); });
    CHECK(follower->head.status == 200);
    CHECK(follower->head.header("content-type") == "text/event-stream");
    CHECK(follower->head.header("cache-control") == "no-store");
    events.log.add({relay::Event::Subject::call, "studio", {}, {}, "joined", ""});
    events.log.add({relay::Event::Subject::track, "studio", "studio/alice/video", {}, "live", ""});
    events.log.add({relay::Event::Subject::subscriber, "studio", "studio/alice/video", "archive", "refused",
                    "no\nbudget \xff"});
    const auto text = whileTurning(events.server.loop, [&] {
        const auto start = follower->connection.until("id: 1008\n");
        return start + follower->connection.until("\n\n");
    });
    CHECK(text.starts_with("retry: 2000\nid: 1005\n\nid: 1006\nevent: call\ndata: {\"time\":\""));
    CHECK(text.find(R"("call":"studio","state":"joined","detail":""})") != std::string::npos);
    CHECK(text.find("\nid: 1007\nevent: track\n") != std::string::npos);
    CHECK(text.find(R"("track":"studio/alice/video","state":"live")") != std::string::npos);
    CHECK(text.find("\nid: 1008\nevent: subscriber\n") != std::string::npos);
    CHECK(
        text.find(
            "\"subscription\":\"archive\",\"state\":\"refused\",\"detail\":\"no\\nbudget \xEF\xBF\xBD\"}") !=
        std::string::npos);
}

TEST_CASE("a token for a part of the node hears of that part alone, and of no subscription") {
    Events events(50ms, {}, settingsWithTokens());
    const auto say = [&](relay::Event::Subject subject, const char* call, const char* track,
                         const char* state) {
        events.log.add({subject, call, track, subject == relay::Event::Subject::subscriber ? "archive" : "",
                        state, "/recordings/a.mkv"});
    };
    using Subject = relay::Event::Subject;
    const auto heard = [&](const daemon::http::Scope& scope) {
        const auto first = std::to_string(events.log.lastId());
        say(Subject::call, "studio", "", "joined");
        say(Subject::call, "other", "", "left");
        say(Subject::track, "studio", "studio/alice/video", "live");
        say(Subject::track, "studio", "studio/alice/audio", "waiting");
        say(Subject::track, "studio", "studio/bob/video", "paused");
        say(Subject::subscriber, "studio", "studio/alice/video", "attached");
        say(Subject::track, "other", "other/alice/video", "ended");
        const auto token = signedBy(events.server.server().signedTokens(), config::TokenRole::view, scope);
        auto headers = bearer(token);
        headers["Last-Event-ID"] = first;
        const auto text = whileTurning(events.server.loop, [port = events.server.port(), headers] {
            return Follower(port, "/v1/events", headers).connection.until("keep-alive");
        });
        std::vector<std::string> states;
        for (const char* state : {"joined", "left", "live", "waiting", "paused", "attached", "ended"})
            if (text.find("\"state\":\"" + std::string(state)) != std::string::npos)
                states.emplace_back(state);
        CHECK(events.untilListeners(0));
        return states;
    };
    using States = std::vector<std::string>;
    CHECK(heard({"studio"}) == States{"joined", "live", "waiting", "paused"});
    CHECK(heard({"studio", "alice"}) == States{"live", "waiting"});
    CHECK(heard({"studio", "alice", "video"}) == States{"live"});
    CHECK(heard({{}, "alice"}) == States{"live", "waiting", "ended"});
    CHECK(heard({}) == States{"joined", "left", "live", "waiting", "paused", "attached", "ended"});
}

TEST_CASE("a client that comes back gets what it missed, and a reset first where that is gone") {
    Events events;
    events.add(50);
    const auto port = events.server.port();
    const auto streamOf = [&](const std::string& path, const Headers& headers) {
        return whileTurning(events.server.loop, [=] {
            return Follower(port, path, headers).connection.until("id: 1050\nevent: call\n");
        });
    };
    const std::string resumed = streamOf("/v1/events", {{"Last-Event-ID", "1040"}});
    CHECK(resumed.starts_with("retry: 2000\nid: 1040\n\nid: 1041\nevent: call\n"));
    CHECK(streamOf("/v1/events?last_event_id=1040", {}) == resumed);
    events.add(100);
    for (const char* lost : {"1049", "7", "99999999999", "rubbish", "", "99999999999999999999999"}) {
        CAPTURE(lost);
        const auto text = whileTurning(events.server.loop, [=] {
            return Follower(port, "/v1/events", {{"Last-Event-ID", lost}})
                .connection.until("id: 1150\nevent: call\n");
        });
        CHECK(text.find("id: 1050\nevent: reset\ndata: {") < text.find("id: 1051\nevent: call\n"));
        CHECK(text.find("id: 1150\n") != std::string::npos);
    }
    CHECK(events.untilListeners(0));
}

TEST_CASE("a stream that is quiet says that it is there, and lives longer than an answer may take") {
    RoutedServer::Limits limits;
    limits.connections.request = 200ms;
    limits.connections.answer = 200ms;
    Events events(20ms, limits);
    const auto port = events.server.port();
    const auto begin = std::chrono::steady_clock::now();
    const auto text = whileTurning(events.server.loop, [=] {
        Follower follower(port);
        std::string all;
        for (int beat = 0; beat < 40; ++beat)
            all = follower.connection.until(": keep-alive\n\n");
        return all;
    });
    CHECK(text == ": keep-alive\n\n");
    CHECK(std::chrono::steady_clock::now() - begin > 2 * limits.connections.answer);
}

TEST_CASE("a client that goes leaves nothing behind") {
    Events events;
    const auto port = events.server.port();
    events.server.ask("GET", "/open");
    const LeakGuard guard;
    whileTurning(events.server.loop, [=] { return Follower(port).head.status; });
    CHECK(events.untilListeners(0));
    CHECK(events.server.loop.runUntil([&] { return events.server.server().connections() == 0; }, 10s));
    guard.require([&] { turn(events.server.loop, 1ms); });
}

TEST_CASE("a client that does not read is cut off, one that reads a flood is not") {
    RoutedServer::Limits limits;
    limits.connections.answer = 300ms;
    Events events(1h, limits);
    const auto port = events.server.port();
    auto stuck = whileTurning(events.server.loop, [=] { return std::make_unique<Follower>(port); });
    auto lively = whileTurning(events.server.loop, [=] { return std::make_unique<Follower>(port); });
    CHECK(events.untilListeners(2));
    const auto flood = events.server.loop.every(1ms, [&] { events.add(100, std::string(1000, 'x')); });
    const auto reader = std::async(std::launch::async, [&] { lively->connection.closedByServer(); });
    CHECK(events.untilListeners(1));
    nothingComes(events.server.loop, 2 * limits.connections.answer);
    CHECK(events.log.listeners() == 1); // who reads stays
    lively->connection.shut();
    CHECK(events.untilListeners(0));
}

TEST_CASE("as many clients as are allowed follow, one more is refused, and one that goes makes room") {
    Events events;
    const auto port = events.server.port();
    std::list<Follower> followers;
    for (int i = 0; i < 64; ++i)
        whileTurning(events.server.loop, [&] { return followers.emplace_back(port).head.status; });
    CHECK(events.log.listeners() == 64);
    const auto refused = events.server.ask("GET", "/v1/events");
    CHECK(refused.status == 503);
    CHECK_FALSE(refused.header("retry-after").empty());
    events.add(1);
    const auto heard = whileTurning(events.server.loop, [&] {
        return std::count_if(followers.begin(), followers.end(), [](Follower& follower) {
            return !follower.connection.until("id: 1001\nevent: call\n").empty();
        });
    });
    CHECK(heard == 64);
    followers.pop_front();
    CHECK(events.untilListeners(63));
    CHECK(whileTurning(events.server.loop, [&] { return Follower(port).head.status; }) == 200);
    followers.clear();
    CHECK(events.untilListeners(0));
}

TEST_CASE("who has a token for a part of the node leaves room for who has one for all of it") {
    Events events(1h, {}, settingsWithTokens());
    const auto port = events.server.port();
    const auto ofPart =
        bearer(signedBy(events.server.server().signedTokens(), config::TokenRole::view, {"studio"}));
    std::list<Follower> followers;
    const auto follow = [&](const Headers& headers) {
        return whileTurning(events.server.loop,
                            [&] { return followers.emplace_back(port, "/v1/events", headers).head.status; });
    };
    for (int i = 0; i < 32; ++i)
        REQUIRE(follow(ofPart) == 200);
    CHECK(follow(ofPart) == 503);
    CHECK(follow(bearer("view-secret")) == 200);
    followers.clear();
    CHECK(events.untilListeners(0));
}

TEST_CASE("a HEAD of the events has no stream") {
    Events events;
    CHECK(events.server.ask("HEAD", "/v1/events").status == 200);
    CHECK(events.log.listeners() == 0);
}

TEST_CASE("a stream ends with the server") {
    EventLog log;
    auto server = std::make_unique<RoutedServer>();
    daemon::http::addEvents(server->router, server->loop, log);
    const auto port = server->port();
    auto follower = whileTurning(server->loop, [=] { return std::make_unique<Follower>(port); });
    CHECK(log.listeners() == 1);
    server.reset();
    CHECK(log.listeners() == 0);
    CHECK(follower->connection.closedByServer());
}

TEST_CASE("why a subscription cannot serve a track, which tells paths, is told to admins alone") {
    Events events(1h, {}, settingsWithTokens());
    events.add(1);
    const auto told = [&](const std::string& token) {
        const auto port = events.server.port();
        auto follower = whileTurning(events.server.loop, [&] {
            return std::make_unique<Follower>(port, "/v1/events?last_event_id=1001", bearer(token));
        });
        events.log.add({relay::Event::Subject::subscriber, "studio", "studio/alice/video", "archive",
                        "refused", "cannot record into /srv/archive"});
        return whileTurning(events.server.loop, [&] {
            const auto start = follower->connection.until("refused");
            return start + follower->connection.until("\n\n");
        });
    };
    CHECK_THAT(told("admin-secret"), Catch::Contains("/srv/archive"));
    CHECK_THAT(told("view-secret"), !Catch::Contains("/srv/archive"));
}
