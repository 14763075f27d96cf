// Where viewers come to, by the rules of WHEP.
#include "daemon/signalling/whep/whep_node.h"
#include "support/catch.h"

using namespace spillway;
using namespace spillway::test;

TEST_CASE("a viewer gets an answer, and a session of its own that nobody can guess") {
    WhepNode node;
    const auto reply = node.post();
    REQUIRE(reply.status == 201);
    CHECK(reply.header("content-type") == "application/sdp");
    CHECK(reply.body == "v=0\r\nanswer");
    const std::string sessions = "../../whep-session/"; // also behind a prefix
    CHECK(reply.header("location").starts_with(sessions));
    CHECK(reply.header("location").size() == sessions.size() + 32);
    CHECK(reply.header("etag").starts_with('"'));
    const auto& request = node.relay.requests.front();
    CHECK(request.call == "studio");
    CHECK(request.participant == "alice");
    CHECK_FALSE(request.source);
    CHECK(request.offer == "v=0\r\noffer");
    const auto other = node.post();
    CHECK(other.header("location") != reply.header("location"));
    CHECK(other.header("etag") != reply.header("etag"));
}

TEST_CASE("an answer names the ICE servers") {
    WhepNode node;
    CHECK(node.post().header("link") ==
          "<stun:a.example>; rel=\"ice-server\", <turn:b.example>; rel=\"ice-server\"; username=\"me\"; "
          "credential=\"hunter2\"; credential-type=\"password\"");
}

TEST_CASE("one track is viewed by its name") {
    WhepNode node;
    const auto reply = node.post("/whep/studio/alice/screen-2");
    REQUIRE(reply.status == 201);
    CHECK(reply.header("location").starts_with("../../../whep-session/"));
    CHECK(node.relay.requests.front().source == "screen-2");
}

TEST_CASE("a name that no track can have is not looked for") {
    WhepNode node;
    for (const char* path : {"/whep/st%20udio/alice", "/whep/studio/%0Aalice", "/whep/studio/alice/a%2Fb"}) {
        CAPTURE(path);
        const auto reply = node.post(path);
        CHECK(reply.status == 404);
        problemOf(reply);
    }
    CHECK(node.post("/whep/studio").status == 404);
    CHECK(node.relay.requests.empty());
}

TEST_CASE("a body that is not SDP is refused before the relay sees it") {
    WhepNode node;
    const auto reply = node.post(whepEndpoint, "text/plain");
    CHECK(reply.status == 415);
    CHECK(reply.header("accept-post") == "application/sdp");
    CHECK(node.ask("POST", whepEndpoint, {}, "v=0").status == 415);
    const auto large =
        node.ask("POST", whepEndpoint, {{"Content-Type", "application/sdp"}}, std::string(65537, 'x'));
    CHECK(large.status == 413);
    CHECK(node.relay.requests.empty());
    CHECK(node.whep->sessions() == 0);
}

TEST_CASE("what the relay refuses has the status that says why, and when to come again") {
    using Kind = relay::ViewRefused::Kind;
    const auto [kind, status] =
        GENERATE(std::pair(Kind::malformed, 400), std::pair(Kind::unsupported, 406),
                 std::pair(Kind::noTrack, 409), std::pair(Kind::limit, 503), std::pair(Kind::disabled, 404));
    WhepNode node;
    node.relay.refusal = kind;
    const auto reply = node.post();
    CHECK(reply.status == status);
    CHECK(problemOf(reply).at("detail") == "why");
    const bool later = kind == Kind::noTrack || kind == Kind::limit;
    CHECK((later ? std::stoi(reply.header("retry-after")) > 0 : reply.header("retry-after").empty()));
    CHECK(reply.header("location").empty());
    CHECK(node.whep->sessions() == 0);
}

TEST_CASE("a viewer that ends as it begins gets no session") {
    WhepNode node;
    node.relay.endsAtOnce = true;
    const auto reply = node.post();
    CHECK(reply.status == 503);
    CHECK_FALSE(reply.header("retry-after").empty());
    CHECK(node.whep->sessions() == 0);
}

TEST_CASE("HEAD says what an endpoint is, and GET has no content") {
    WhepNode node(settingsWithTokens());
    const auto path = GENERATE("/whep/studio/alice", "/whep/studio/alice/video");
    const auto head = node.ask("HEAD", path, bearer("view-secret"));
    CHECK(head.status == 200);
    CHECK(head.header("content-type") == "application/sdp");
    const auto get = node.ask("GET", path, bearer("view-secret"));
    CHECK(get.status == 204);
    CHECK(get.body.empty());
    CHECK(node.ask("GET", path).status == 401);
    CHECK(node.ask("PUT", path, bearer("view-secret")).status == 405);
}

TEST_CASE("an endpoint says to anybody what may be posted, and names no ICE server") {
    WhepNode node(settingsWithTokens());
    for (const char* path : {"/whep/studio/alice", "/whep/studio/alice/video", "/whep/nobody/nowhere"}) {
        const auto options = node.ask("OPTIONS", path);
        CHECK(options.status == 204);
        CHECK(options.header("accept-post") == "application/sdp");
        CHECK(options.header("allow") == "POST, GET, HEAD, OPTIONS");
        CHECK(options.header("link").empty());
    }
    CHECK(node.ask("OPTIONS", "/whep-session/a").status == 204);
}

TEST_CASE("a page of an allowed origin may view, and read where its session is") {
    auto settings = settingsWithTokens();
    settings.cors = {"https://a.example"};
    WhepNode node(settings);
    const auto preflight = node.ask("OPTIONS", whepEndpoint,
                                    {{"Origin", "https://a.example"},
                                     {"Access-Control-Request-Method", "POST"},
                                     {"Access-Control-Request-Headers", "authorization,content-type"}});
    CHECK(preflight.status == 204);
    CHECK(preflight.header("access-control-allow-origin") == "https://a.example");
    CHECK(preflight.header("access-control-allow-methods").find("POST") != std::string::npos);
    CHECK(preflight.header("access-control-allow-headers").find("Authorization") != std::string::npos);
    const auto deletion =
        node.ask("OPTIONS", "/whep-session/a",
                 {{"Origin", "https://a.example"}, {"Access-Control-Request-Method", "DELETE"}});
    CHECK(deletion.header("access-control-allow-methods").find("DELETE") != std::string::npos);
    auto headers = bearer("view-secret");
    headers["Origin"] = "https://a.example";
    const auto reply = node.post(whepEndpoint, "application/sdp", headers);
    REQUIRE(reply.status == 201);
    for (const char* exposed : {"Location", "ETag", "Link"})
        CHECK(reply.header("access-control-expose-headers").find(exposed) != std::string::npos);
    headers["Origin"] = "https://b.example";
    CHECK(node.post(whepEndpoint, "application/sdp", headers).header("access-control-allow-origin").empty());
}

TEST_CASE("viewing needs a token of the view or the admin role, and so do its sessions") {
    WhepNode node(settingsWithTokens());
    const auto statusWith = [&](const std::string& token) {
        return node.post(whepEndpoint, "application/sdp", bearer(token)).status;
    };
    CHECK(node.post().status == 401);
    CHECK(statusWith("wrong") == 401);
    CHECK(statusWith("publish-secret") == 403);
    CHECK(node.relay.requests.empty());
    CHECK(statusWith("admin-secret") == 201);
    const auto session = node.post(whepEndpoint, "application/sdp", bearer("view-secret")).header("location");
    for (const char* method : {"GET", "DELETE"}) {
        CHECK(node.ask(method, session).status == 401);
        CHECK(node.ask(method, session, bearer("publish-secret")).status == 403);
    }
    CHECK(node.patch(session, "*", "a=end-of-candidates\r\n").status == 401);
    CHECK(node.ask("DELETE", session, bearer("view-secret")).status == 200);
}

TEST_CASE("viewers that come too often are told to wait") {
    RoutedServer::Limits limits;
    limits.posts.burst = 3;
    limits.posts.perSecond = 0.01;
    WhepNode node(settingsWithTokens(), limits);
    for (int i = 0; i < 3; ++i)
        CHECK(node.post(whepEndpoint, "application/sdp", bearer("view-secret")).status == 201);
    const auto reply = node.post(whepEndpoint, "application/sdp", bearer("view-secret"));
    CHECK(reply.status == 429);
    CHECK_FALSE(reply.header("retry-after").empty());
    CHECK(node.whep->sessions() == 3);
}
