#include "config/name.h"
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
#include <map>
#include <set>

using namespace spillway;
using namespace spillway::test;
using Catch::Contains;
using Catch::Matchers::StartsWith;
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
        , whip(loop, {{"stun:stun.example", "", std::nullopt}}, true)
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
    CHECK(node.call().participants.front().name == "Alice_B--c23e005d");
    CHECK(node.call().participants.front().display == "Alice B");
    CHECK(node.loop.runUntil([&] { return node.relay.snapshot().tracks.size() == 2; }, 10s));
}

TEST_CASE("publishers without a name have names of their own, and none takes over from another") {
    Node node;
    relay::Publisher somebody(node.loop, {"somebody"});
    const auto offer = node.offerOf(somebody);
    for (int i = 0; i < 3; ++i)
        REQUIRE(node.post(offer, "/whip/studio").status == 201);
    std::set<std::string> names;
    for (const auto& one : node.call().participants)
        names.insert(one.name);
    CHECK(names.size() == 3);
    for (const auto& name : names)
        CHECK_THAT(name, StartsWith("participant-"));
    CHECK(node.whip.sessions() == 3);
}

TEST_CASE("a publisher may be named in the path, as a viewer's participant is") {
    Node node;
    relay::Publisher alice(node.loop, {"alice"});
    const auto offer = node.offerOf(alice);
    const auto reply = node.post(offer, "/whip/studio/Alice%20B");
    REQUIRE(reply.status == 201);
    CHECK(node.call().participants.front().display == "Alice B");
    CHECK(reply.header("location").starts_with("../../whip/studio/"));
    CHECK(node.ask("DELETE", reply.header("location")).status == 200);
    CHECK(node.whip.sessions() == 0);
    CHECK(node.post(offer, "/whip/nobody/alice").status == 404);
    CHECK(node.post(offer, "/whip/studio/alice", "text/plain").status == 415);
    const auto twice = node.post(offer, "/whip/studio/alice?participant=bob");
    CHECK(twice.status == 400);
    problemOf(twice);
    CHECK(node.whip.sessions() == 0);
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
    const auto first = node.post(node.offerOf(alice));
    REQUIRE(first.status == 201);
    REQUIRE(alice.answer(first.body));
    REQUIRE(node.untilConnected(1));
    const auto refused = node.post(node.offerOf(bob), "/whip/studio?participant=bob");
    CHECK(refused.status == 503);
    CHECK_FALSE(refused.header("retry-after").empty());
    problemOf(refused);
    CHECK(node.whip.sessions() == 1);
}

TEST_CASE("a publisher that does not connect takes no place of one that does") {
    config::LimitSettings limits;
    limits.tracksPerCall = 1;
    Node node(limits);
    relay::Publisher alice(node.loop, {"alice"});
    relay::Publisher bob(node.loop, {"bob"});
    const auto waiting = node.post(node.offerOf(alice));
    REQUIRE(waiting.status == 201);
    REQUIRE(node.post(node.offerOf(bob), "/whip/studio?participant=bob").status == 201);
    CHECK(node.whip.sessions() == 1);
    CHECK(node.ask("GET", waiting.header("location")).status == 404);
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

namespace {

/// One that asks for tokens.
struct GuardedNode : Node {
    GuardedNode()
        : Node({}, settingsWithTokens()) {}

    Headers with(const daemon::http::Scope& scope, std::chrono::milliseconds life = 1h) {
        auto headers = bearer(signedBy(server.signedTokens(), config::TokenRole::publish, scope, life));
        headers["Content-Type"] = "application/sdp";
        return headers;
    }
};

} // namespace

TEST_CASE("a publisher is who its token says, whether it says so or not") {
    GuardedNode node;
    relay::Publisher alice(node.loop, {"alice"});
    const auto offer = node.offerOf(alice);
    const auto headers = node.with({"studio", "alice"});
    for (const char* path :
         {"/whip/studio?participant=bob", "/whip/studio?participant=Alice", "/whip/studio/bob",
          "/whip/studio/Alice", "/whip/other", "/whip/other?participant=alice", "/whip/other/alice"}) {
        CAPTURE(path);
        CHECK(node.ask("POST", path, headers, offer).status == 403);
    }
    CHECK(node.call().participants.empty());
    REQUIRE(node.ask("POST", "/whip/studio", headers, offer).status == 201);
    CHECK(node.call().participants.front().name == "alice");
    relay::Publisher bob(node.loop, {"bob"});
    const auto bobsOffer = node.offerOf(bob);
    CHECK(node.ask("POST", "/whip/studio?participant=bob", node.with({"studio"}), bobsOffer).status == 201);
    CHECK(node.call().participants.size() == 2);
}

TEST_CASE("a publisher with a token for a source sends that track and no other") {
    GuardedNode node;
    relay::Publisher alice(node.loop, {"alice"});
    const auto both = node.offerOf(alice);
    CHECK(node.ask("POST", "/whip/studio", node.with({"studio", "alice", "video"}), both).status == 403);
    relay::PublisherSettings quiet{"quiet"};
    quiet.audio = false;
    relay::Publisher screen(node.loop, quiet);
    const auto offer = node.offerOf(screen);
    CHECK(node.ask("POST", "/whip/studio", node.with({"studio", "alice", "audio"}), offer).status == 403);
    const auto reply = node.ask("POST", "/whip/studio", node.with({"studio", "alice", "screen"}), offer);
    REQUIRE(reply.status == 201);
    REQUIRE(screen.answer(reply.body));
    REQUIRE(node.loop.runUntil([&] { return !node.relay.snapshot().tracks.empty(); }, 20s));
    CHECK(node.relay.snapshot().tracks.front().name.text() == "studio/alice/screen");
}

TEST_CASE("who publishes one source by a token takes over from its like, and from nobody else") {
    GuardedNode node;
    const auto publish = [&](relay::Publisher& publisher, const daemon::http::Scope& scope) {
        const auto reply = node.ask("POST", "/whip/studio", node.with(scope), node.offerOf(publisher));
        REQUIRE(reply.status == 201);
        REQUIRE(publisher.answer(reply.body));
        return fromRoot(reply.header("location"));
    };
    const auto reaches = [&](std::size_t tracks) {
        return node.loop.runUntil([&] { return node.relay.snapshot().tracks.size() == tracks; }, 20s);
    };
    relay::PublisherSettings quiet{"quiet"};
    quiet.audio = false;
    relay::Publisher alice(node.loop, {"alice"});
    relay::Publisher screen(node.loop, quiet);
    relay::Publisher other(node.loop, quiet);
    const auto whole = publish(alice, {"studio", "alice"});
    REQUIRE(reaches(2));
    const auto first = publish(screen, {"studio", "alice", "screen"});
    CHECK(node.whip.sessions() == 2);
    REQUIRE(reaches(3));
    CHECK(node.call().participants.size() == 1);
    const auto second = publish(other, {"studio", "alice", "screen"});
    const auto is = [&](const std::string& session) {
        return node.ask("GET", session, bearer("publish-secret")).status;
    };
    REQUIRE(node.loop.runUntil([&] { return node.whip.sessions() == 2; }, 20s));
    CHECK(is(first) == 404);
    CHECK(is(second) == 204);
    CHECK(is(whole) == 204);
}

TEST_CASE("a token names a participant as the API lists it") {
    GuardedNode node;
    relay::Publisher alice(node.loop, {"alice"});
    const auto offer = node.offerOf(alice);
    const std::string listed = config::toName("\xE7\x8E\x8B\xE4\xBC\x9F");
    const auto headers = node.with({"studio", listed});
    REQUIRE(node.ask("POST", "/whip/studio", headers, offer).status == 201);
    CHECK(node.call().participants.front().name == listed);
}

TEST_CASE("a line that does not send is no track that a token for a source would have to name") {
    GuardedNode node;
    relay::Publisher alice(node.loop, {"alice"});
    std::string offer = node.offerOf(alice);
    const auto audio = offer.find("m=audio");
    const auto direction = offer.find("a=send", audio);
    REQUIRE(direction != std::string::npos);
    offer.replace(direction, offer.find("\r\n", direction) - direction, "a=recvonly");
    CHECK(node.ask("POST", "/whip/studio", node.with({"studio", "alice", "screen"}), offer).status == 201);
}

TEST_CASE("a publisher's session is reached with a token that covers it") {
    GuardedNode node;
    relay::Publisher alice(node.loop, {"alice"});
    const auto reply = node.ask("POST", "/whip/studio", node.with({"studio", "alice"}), node.offerOf(alice));
    REQUIRE(reply.status == 201);
    const auto session = reply.header("location");
    for (const auto& scope :
         {daemon::http::Scope{"studio", "bob"}, {"other"}, {"studio", "alice", "video"}}) {
        auto headers = node.with(scope);
        CHECK(node.ask("GET", session, headers).status == 403);
        CHECK(node.ask("DELETE", session, headers).status == 403);
        headers["Content-Type"] = "application/trickle-ice-sdpfrag";
        headers["If-Match"] = "*";
        CHECK(node.ask("PATCH", session, headers, "a=end-of-candidates\r\n").status == 403);
    }
    CHECK(node.whip.sessions() == 1);
    CHECK(node.ask("GET", "/whip/studio", node.with({"other"})).status == 403);
    CHECK(node.ask("DELETE", session, node.with({"studio"})).status == 200);
}

TEST_CASE("what a publisher sends ends when its token expires") {
    GuardedNode node;
    relay::Publisher alice(node.loop, {"alice"});
    relay::Publisher bob(node.loop, {"bob"});
    const auto bobsOffer = node.offerOf(bob);
    const auto offer = node.offerOf(alice);
    REQUIRE(node.ask("POST", "/whip/studio", node.with({"studio", "bob"}), bobsOffer).status == 201);
    const auto reply = node.ask("POST", "/whip/studio", node.with({"studio", "alice"}, 4s), offer);
    REQUIRE(reply.status == 201);
    CHECK(node.call().participants.size() == 2);
    REQUIRE(node.loop.runUntil([&] { return node.whip.sessions() == 1; }, 10s));
    REQUIRE(node.call().participants.size() == 1);
    CHECK(node.call().participants.front().name == "bob");
    CHECK(node.ask("GET", reply.header("location"), bearer("publish-secret")).status == 404);
}

TEST_CASE("a call that is left ends one publisher in each turn, and everything else goes on in between") {
    Node node;
    relay::Publisher publisher(node.loop, {"alice"});
    const std::string offer = node.offerOf(publisher);
    for (const char* name : {"alice", "bob", "carol"})
        REQUIRE(node.post(offer, std::string("/whip/studio?participant=") + name).status == 201);
    std::vector<std::uint32_t> peers;
    bool left = false;
    const auto look = node.loop.every(0ms, [&] {
        if (peers.empty() || peers.back() != node.call().peers) peers.push_back(node.call().peers);
    });
    node.presence->leave([&] { left = true; });
    CHECK(node.whip.sessions() == 0);
    CHECK(node.post(offer, "/whip/studio?participant=dave").status == 404);
    REQUIRE(node.loop.runUntil([&] { return left; }, 10s));
    CHECK(node.call().peers == 0);
    CHECK(peers.size() >= 3);
}

TEST_CASE("a publisher that gives way before it has an answer is told to come again") {
    std::map<int, daemon::http::Response> answers; // the others get theirs when the node goes
    Node node;
    relay::Publisher alice(node.loop, {"alice"});
    daemon::http::Request request;
    request.params = {{"call", "studio"}};
    request.headers = {{"content-type", "application/sdp"}};
    request.body = node.offerOf(alice);
    request.client = "192.0.2.1";
    const auto& post = node.router.match("POST", "/whip/studio").route->handler;
    constexpr int mayWait = 64;
    for (int i = 0; i <= mayWait; ++i) {
        request.query["participant"] = std::to_string(i);
        post(request, [&answers, i](daemon::http::Response answer) { answers[i] = std::move(answer); });
    }
    REQUIRE(answers.size() == 1);
    CHECK(answers.at(0).status == 503);
    CHECK_THAT(answers.at(0).body, Contains("too many publishers wait to connect"));
    const auto& headers = answers.at(0).headers;
    CHECK(std::any_of(headers.begin(), headers.end(),
                      [](const auto& header) { return header.first == "Retry-After"; }));
}
