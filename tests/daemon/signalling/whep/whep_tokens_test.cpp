// What a signed token may view, and for how long.
#include "daemon/signalling/whep/whep_node.h"
#include "support/catch.h"

#include <regex>

using namespace spillway;
using namespace spillway::test;
using namespace std::chrono_literals;
using config::TokenRole;
using daemon::http::Scope;

namespace {

struct Node : WhepNode {
    Node()
        : WhepNode(settingsWithTokens()) {}

    int statusOf(const std::string& path, const std::string& token) {
        return post(path, "application/sdp", bearer(token)).status;
    }
};

const std::string other = "/whep/studio/bob";
const std::string video = whepEndpoint + "/video";

} // namespace

TEST_CASE("a token views what it covers and nothing more") {
    Node node;
    const auto ofCall = node.token(TokenRole::view, {"studio"});
    const auto ofAlice = node.token(TokenRole::view, {"studio", "alice"});
    const auto ofVideo = node.token(TokenRole::view, {"studio", "alice", "video"});
    struct Row {
        std::string token;
        int alice, video, audio, bob, elsewhere;
    };
    for (const auto& row : {Row{ofCall, 201, 201, 201, 201, 403}, Row{ofAlice, 201, 201, 201, 403, 403},
                            Row{ofVideo, 403, 201, 403, 403, 403}}) {
        CHECK(node.statusOf(whepEndpoint, row.token) == row.alice);
        CHECK(node.statusOf(video, row.token) == row.video);
        CHECK(node.statusOf(whepEndpoint + "/audio", row.token) == row.audio);
        CHECK(node.statusOf(other, row.token) == row.bob);
        CHECK(node.statusOf("/whep/other/alice/video", row.token) == row.elsewhere);
    }
    for (const auto role : {TokenRole::publish, TokenRole::monitor})
        CHECK(node.statusOf(whepEndpoint, node.token(role, {})) == 403);
    CHECK(node.statusOf(whepEndpoint, node.token(TokenRole::admin, {"studio"})) == 201);
}

TEST_CASE("a session is reached with a token that covers what it views") {
    Node node;
    const auto session = node.post(whepEndpoint, "application/sdp", bearer("view-secret")).header("location");
    const auto patchedBy = [&](const std::string& token) {
        auto headers = bearer(token);
        headers["Content-Type"] = "application/trickle-ice-sdpfrag";
        headers["If-Match"] = "*";
        return node.ask("PATCH", session, headers, "a=ice-ufrag:theirs\r\na=ice-pwd:x\r\n").status;
    };
    for (const auto& scope : {Scope{"studio", "bob"}, Scope{"other"}, Scope{"studio", "alice", "video"}}) {
        const auto token = node.token(TokenRole::view, scope);
        CHECK(node.ask("GET", session, bearer(token)).status == 403);
        CHECK(patchedBy(token) == 403);
        CHECK(node.ask("DELETE", session, bearer(token)).status == 403);
    }
    CHECK(node.whep->sessions() == 1);
    const auto own = node.token(TokenRole::view, {"studio", "alice"});
    CHECK(node.ask("GET", session, bearer(own)).status == 204);
    CHECK(patchedBy(own) != 403);
    CHECK(node.ask("DELETE", session, bearer(own)).status == 200);
    CHECK(node.relay.present.empty());
}

TEST_CASE("a session that a token opened ends when the token expires, and the viewer with it") {
    Node node;
    const auto fixed = node.post(whepEndpoint, "application/sdp", bearer("view-secret"));
    const auto later = node.statusOf(whepEndpoint, node.token(TokenRole::view, {"studio"}));
    REQUIRE(later == 201);
    const auto token = node.token(TokenRole::view, {"studio"}, 3s);
    const auto session = node.post(whepEndpoint, "application/sdp", bearer(token)).header("location");
    REQUIRE(node.relay.present.size() == 3);
    REQUIRE(node.loop.runUntil([&] { return node.relay.present.size() < 3; }, 10s));
    CHECK_FALSE(node.relay.present.contains(3));
    CHECK(node.whep->sessions() == 2);
    CHECK(node.ask("DELETE", session, bearer("view-secret")).status == 404);
    CHECK(node.ask("GET", session, bearer(token)).status == 401);
    CHECK(node.ask("GET", fixed.header("location"), bearer("view-secret")).status == 204);
}

TEST_CASE("a link plays and stops without a header, and its token is in no answer") {
    Node node;
    const auto token = node.token(TokenRole::view, {"studio", "alice"});
    const auto reply = node.post(whepEndpoint + "?access_token=" + token);
    REQUIRE(reply.status == 201);
    for (const auto& [name, value] : reply.headers)
        CHECK(value.find(token) == std::string::npos);
    CHECK(reply.header("location").find('?') == std::string::npos);
    CHECK(reply.header("referrer-policy") == "no-referrer");
    CHECK(node.post(other + "?access_token=" + token).status == 403);
    CHECK(node.post(whepEndpoint + "?access_token=view-secret").status == 401);
    CHECK(node.ask("HEAD", whepEndpoint + "?access_token=" + token).status == 200);
    CHECK(node.ask("DELETE", reply.header("location") + "?access_token=" + token).status == 200);
}

namespace {

std::string turnUser(const Reply& reply) {
    std::smatch found;
    const std::string link = reply.header("link");
    REQUIRE(std::regex_search(link, found,
                              std::regex("<turn:c.example>.*username=\"(\\d+:[0-9a-f]+)\"; credential=\"")));
    return found[1];
}

std::int64_t secondsFromNow(const std::string& user) {
    using namespace std::chrono;
    return std::stoll(user) - duration_cast<seconds>(system_clock::now().time_since_epoch()).count();
}

} // namespace

TEST_CASE("a TURN server with a secret has a login for each viewer, no longer than an hour or its token") {
    Node node;
    config::IceServer turn{"turn:c.example", {}, {}};
    turn.secret = config::Secret("north");
    node.router = {};
    node.whep = std::make_unique<daemon::whep::Server>(node.loop, node.relay.asViewers(), std::vector{turn});
    node.whep->addRoutes(node.router);
    const auto reply = node.post(whepEndpoint, "application/sdp", bearer("view-secret"));
    const auto first = turnUser(reply);
    CHECK(secondsFromNow(first) > 3500);
    CHECK(secondsFromNow(first) <= 3600);
    CHECK(reply.header("link").find("north") == std::string::npos);
    CHECK(turnUser(node.post(whepEndpoint, "application/sdp", bearer("view-secret"))) != first);
    const auto brief = node.token(TokenRole::view, {"studio"}, 60s);
    CHECK(secondsFromNow(turnUser(node.post(whepEndpoint, "application/sdp", bearer(brief)))) <= 60);
}
