#include "daemon/signalling/http_session/link.h"
#include "daemon/signalling/http_session/random_id.h"
#include "daemon/signalling/presence.h"
#include "daemon/signalling/whip/whip_server.h"
#include "daemon/support/routed_server.h"
#include "relay/relay.h"
#include "relay/synthetic/publisher.h"
#include "support/catch.h"
#include "support/settings.h"

#include <algorithm>
#include <set>

using namespace spillway;
using namespace spillway::test;
using namespace std::chrono_literals;

namespace {

config::CallSettings callSettings(const std::string& name) {
    config::CallSettings settings;
    settings.name = name;
    settings.join = config::WhipJoin{};
    return settings;
}

/// Relay, WHIP server and HTTP server as the daemon has them; call `studio`.
struct Node {
    explicit Node(config::LimitSettings limits = {}, const config::HttpSettings& http = localSettings())
        : relay(loop, limits, test::noViewers())
        , whip({{"stun:stun.example", "", std::nullopt}}, true)
        , server(loop, http, router, counts) {
        whip.addRoutes(router);
        server.listen();
        presence = daemon::makePresence({loop, whip}, relay.addCall(callSettings("studio")));
    }
    ~Node() {
        presence.reset();
        bool closed = false;
        relay.close([&] { closed = true; });
        loop.runUntil([&] { return closed; }, 10s);
    }

    Reply ask(const std::string& method, const std::string& path, const Headers& headers = {},
              const std::string& body = {}) {
        return test::ask(loop, server.addresses().front().port(),
                         requestText(method, fromRoot(path), headers, body));
    }
    Reply post(const std::string& body, const std::string& path = "/whip/studio?participant=alice",
               const std::string& type = "application/sdp") {
        return ask("POST", path, {{"Content-Type", type}}, body);
    }
    Reply patch(const std::string& location, const std::string& ifMatch, const std::string& body,
                const std::string& type = "application/trickle-ice-sdpfrag") {
        Headers headers{{"Content-Type", type}};
        if (!ifMatch.empty()) headers["If-Match"] = ifMatch;
        return ask("PATCH", location, headers, body);
    }
    std::string offerOf(relay::Publisher& publisher) {
        std::string offer;
        publisher.offer([&](const std::string& sdp) { offer = sdp; });
        REQUIRE(loop.runUntil([&] { return !offer.empty(); }, 10s));
        return offer;
    }
    relay::CallSnapshot call() const { return relay.snapshot().calls.front(); }
    bool untilConnected(std::size_t peers) {
        return loop.runUntil(
            [&] {
                const auto snapshot = call();
                return snapshot.participants.size() == peers &&
                       std::all_of(snapshot.participants.begin(), snapshot.participants.end(),
                                   [](const auto& one) { return one.connected; });
            },
            20s);
    }

    relay::Loop loop;
    relay::Relay relay;
    daemon::whip::Server whip;
    daemon::http::Router router;
    daemon::http::RequestCounts counts;
    daemon::http::Server server;
    std::unique_ptr<daemon::Presence> presence;
};

/// What stands after `a=NAME:` the first time.
std::string attribute(const std::string& sdp, const std::string& name) {
    const auto start = sdp.find("a=" + name + ":") + name.size() + 3;
    return sdp.substr(start, sdp.find_first_of("\r\n", start) - start);
}

std::string fragment(const std::string& offer, const std::string& ufrag) {
    return "a=ice-ufrag:" + ufrag + "\r\na=ice-pwd:" + attribute(offer, "ice-pwd") +
           "\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:" + attribute(offer, "mid") +
           "\r\na=candidate:1 1 udp 2122260223 127.0.0.1 50000 typ host\r\na=end-of-candidates\r\n";
}

} // namespace

TEST_CASE("a publisher gets an answer, a session of its own, and media flows") {
    Node node;
    relay::Publisher alice(node.loop, {"alice"});
    const auto reply = node.post(node.offerOf(alice), "/whip/studio?participant=Alice%20B");
    REQUIRE(reply.status == 201);
    CHECK(reply.header("content-type") == "application/sdp");
    // Relative to the endpoint, also behind a prefix; who takes it for a path from the root (OBS) is right
    // too.
    CHECK(reply.header("location").starts_with("../whip/studio/"));
    CHECK(reply.header("location").size() == std::string("../whip/studio/").size() + 32);
    CHECK(reply.header("etag").starts_with('"'));
    CHECK(reply.header("link") == "<stun:stun.example>; rel=\"ice-server\"");
    REQUIRE(alice.answer(reply.body));
    REQUIRE(node.untilConnected(1));
    CHECK(node.call().participants.front().name == "Alice_B");
    CHECK(node.call().participants.front().display == "Alice B");
    CHECK(node.loop.runUntil([&] { return node.relay.snapshot().tracks.size() == 2; }, 10s));
}

TEST_CASE("a publisher without a name is called participant") {
    Node node;
    relay::Publisher somebody(node.loop, {"somebody"});
    REQUIRE(node.post(node.offerOf(somebody), "/whip/studio").status == 201);
    CHECK(node.call().participants.front().name == "participant");
}

TEST_CASE("what is no offer is refused with the status that says why, and leaves nothing") {
    Node node;
    CHECK(node.post("v=0", "/whip/studio", "text/plain").status == 415);
    const auto garbage = node.post("garbage");
    CHECK(garbage.status == 400);
    problemOf(garbage);
    CHECK(node.post("").status >= 400);
    std::string lines = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n";
    for (int i = 0; i < 300; ++i)
        lines += "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:" + std::to_string(i) + "\r\n";
    const auto many = node.post(lines);
    CHECK((many.status == 400 || many.status == 422));
    CHECK(node.post("v=0", "/whip/nobody").status == 404);
    CHECK(node.call().peers == 0);
    CHECK(node.whip.sessions() == 0);
}

TEST_CASE("an endpoint says what it takes to anybody, and GET has no content") {
    Node node({}, settingsWithTokens());
    const auto options = node.ask("OPTIONS", "/whip/studio");
    CHECK(options.status == 204);
    CHECK(options.header("accept-post") == "application/sdp");
    const auto get = node.ask("GET", "/whip/studio", bearer("publish-secret"));
    CHECK(get.status == 204);
    CHECK(get.body.empty());
    CHECK(node.ask("HEAD", "/whip/studio", bearer("publish-secret")).status == 204);
    CHECK(node.ask("PUT", "/whip/studio", bearer("publish-secret")).status == 405);
    CHECK(node.ask("GET", "/whip/nobody", bearer("publish-secret")).status == 404);
}

TEST_CASE("publishing needs a token of the publish or the admin role") {
    Node node({}, settingsWithTokens());
    relay::Publisher alice(node.loop, {"alice"});
    const auto offer = node.offerOf(alice);
    const auto statusWith = [&](const std::string& token) {
        Headers headers = bearer(token);
        headers["Content-Type"] = "application/sdp";
        return node.ask("POST", "/whip/studio", headers, offer).status;
    };
    CHECK(node.post(offer).status == 401);
    CHECK(statusWith("wrong") == 401);
    CHECK(statusWith("view-secret") == 403);
    CHECK(node.call().peers == 0);
    CHECK(statusWith("publish-secret") == 201);
}

TEST_CASE("candidates are taken with the session's ETag only") {
    Node node;
    relay::Publisher alice(node.loop, {"alice"});
    const auto offer = node.offerOf(alice);
    const auto reply = node.post(offer);
    REQUIRE(reply.status == 201);
    const auto session = reply.header("location");
    const auto etag = reply.header("etag");
    const auto body = fragment(offer, attribute(offer, "ice-ufrag"));
    const auto missing = node.patch(session, "", body);
    CHECK(missing.status == 428);
    problemOf(missing);
    CHECK(node.patch(session, "\"stale\"", body).status == 412);
    CHECK(node.patch(session, "W/" + etag, body).status == 412);
    CHECK(node.patch(session, etag, body, "application/sdp").status == 415);
    CHECK(node.patch(session, etag, body).status == 204);
    CHECK(node.patch(session, "\"other\", " + etag, body).status == 204);
    CHECK(node.patch(session, "*", body).status == 204);
    CHECK(node.patch(session, etag, "a=candidate:nonsense\r\n").status >= 400);
    CHECK(node.patch(session, etag, fragment(offer, "restart")).status == 422);
    CHECK(node.call().peers == 1);
}

TEST_CASE("a session ends by DELETE, once") {
    Node node;
    relay::Publisher alice(node.loop, {"alice"});
    const auto reply = node.post(node.offerOf(alice));
    REQUIRE(reply.status == 201);
    const auto session = reply.header("location");
    const auto get = node.ask("GET", session);
    CHECK(get.status == 204);
    CHECK(get.body.empty());
    CHECK(node.ask("DELETE", session).status == 200);
    CHECK(node.call().peers == 0);
    for (const char* method : {"DELETE", "GET"})
        CHECK(node.ask(method, session).status == 404);
    CHECK(node.patch(session, "*", "a=end-of-candidates\r\n").status == 404);
}

TEST_CASE("a session is found under its own call only") {
    Node node;
    relay::Publisher alice(node.loop, {"alice"});
    const auto reply = node.post(node.offerOf(alice));
    REQUIRE(reply.status == 201);
    auto other = daemon::makePresence({node.loop, node.whip}, node.relay.addCall(callSettings("other")));
    const auto id = reply.header("location").substr(std::string("../whip/studio/").size());
    CHECK(node.ask("DELETE", "/whip/other/" + id).status == 404);
    CHECK(node.ask("GET", "/whip/studio/" + id).status == 204);
    CHECK(node.ask("GET", "/whip/studio/" + std::string(32, '0')).status == 404);
}

TEST_CASE("a participant that publishes again takes over, and its older session is gone") {
    Node node;
    relay::Publisher first(node.loop, {"first"});
    const auto older = node.post(node.offerOf(first));
    REQUIRE(older.status == 201);
    REQUIRE(first.answer(older.body));
    REQUIRE(node.untilConnected(1));
    relay::Publisher second(node.loop, {"second"});
    const auto newer = node.post(node.offerOf(second));
    REQUIRE(newer.status == 201);
    CHECK(node.ask("GET", older.header("location")).status == 204);
    REQUIRE(second.answer(newer.body));
    REQUIRE(node.loop.runUntil([&] { return node.call().reconnects.at("replaced") == 1; }, 20s));
    CHECK(node.ask("DELETE", older.header("location")).status == 404);
    CHECK(node.ask("GET", newer.header("location")).status == 204);
    CHECK(node.whip.sessions() == 1);
}

TEST_CASE("a publisher over the limit is told to try again") {
    config::LimitSettings limits;
    limits.tracksPerCall = 1;
    Node node(limits);
    relay::Publisher alice(node.loop, {"alice"});
    relay::Publisher bob(node.loop, {"bob"});
    REQUIRE(node.post(node.offerOf(alice)).status == 201);
    const auto refused = node.post(node.offerOf(bob), "/whip/studio?participant=bob");
    CHECK(refused.status == 503);
    CHECK_FALSE(refused.header("retry-after").empty());
    problemOf(refused);
    CHECK(node.whip.sessions() == 1);
}

TEST_CASE("sessions end with their call") {
    Node node;
    relay::Publisher alice(node.loop, {"alice"});
    const auto reply = node.post(node.offerOf(alice));
    REQUIRE(reply.status == 201);
    node.presence.reset();
    CHECK(node.whip.sessions() == 0);
    CHECK(node.call().peers == 0);
    CHECK(node.ask("GET", reply.header("location")).status == 404);
    CHECK(node.post("v=0").status == 404);
}

TEST_CASE("a call of another type takes no publishers") {
    Node node;
    auto settings = callSettings("demo");
    settings.join = config::TestJoin{0};
    const auto demo = daemon::makePresence({node.loop, node.whip}, node.relay.addCall(settings));
    CHECK(node.post("v=0", "/whip/demo").status == 404);
}

TEST_CASE("a TURN server is told with its credentials, quoted") {
    const auto links = daemon::http_session::iceLinks(
        {{"stun:a.example", "", std::nullopt},
         {"turn:b.example?transport=udp", "us\"er", config::Secret("pa\\ss\r\n")}});
    REQUIRE(links.size() == 2);
    CHECK(links.front() == "<stun:a.example>; rel=\"ice-server\"");
    CHECK(links.back() == "<turn:b.example?transport=udp>; rel=\"ice-server\"; username=\"us\\\"er\"; "
                          "credential=\"pa\\\\ss\"; credential-type=\"password\"");
}

TEST_CASE("no two session names are alike") {
    std::set<std::string> names;
    for (int i = 0; i < 1000; ++i)
        names.insert(daemon::http_session::randomId());
    CHECK(names.size() == 1000);
    CHECK(names.begin()->size() == 32);
}
