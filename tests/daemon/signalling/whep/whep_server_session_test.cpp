// The sessions of viewers, by the rules of WHEP: their URLs, their candidates, their ends.
#include "daemon/signalling/whep/whep_node.h"
#include "support/catch.h"

#include <set>

using namespace spillway;
using namespace spillway::test;

namespace {

const std::string fragmentOfViewer = "a=ice-ufrag:theirs\r\na=ice-pwd:0123456789012345678901\r\n"
                                     "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\n"
                                     "a=candidate:1 1 udp 2122260223 127.0.0.1 50000 typ host\r\n"
                                     "a=end-of-candidates\r\n";

/// Without a socket: the head of a request is checked elsewhere.
daemon::http::Response handle(const daemon::http::Router& router, const std::string& method,
                              const std::string& path) {
    const auto match = router.match(method, path);
    daemon::http::Request request;
    request.method = method;
    request.params = match.params;
    daemon::http::Response answer;
    match.route->handler(request, [&](daemon::http::Response response) { answer = std::move(response); });
    return answer;
}

} // namespace

TEST_CASE("candidates of a viewer are taken with the session's ETag only") {
    WhepNode node;
    const auto reply = node.post();
    const auto session = reply.header("location");
    const auto etag = reply.header("etag");
    const auto missing = node.patch(session, "", fragmentOfViewer);
    CHECK(missing.status == 428);
    problemOf(missing);
    CHECK(node.patch(session, "\"stale\"", fragmentOfViewer).status == 412);
    CHECK(node.patch(session, "W/" + etag, fragmentOfViewer).status == 412);
    CHECK(node.patch(session, etag, fragmentOfViewer).status == 204);
    CHECK(node.patch(session, "\"other\", " + etag, fragmentOfViewer).status == 204);
    CHECK(node.patch(session, "*", fragmentOfViewer).status == 204);
    CHECK(node.patch(session, etag, "a=end-of-candidates\r\n").status == 204);
}

TEST_CASE("what is no fragment, or would restart ICE, is refused, and the session stays") {
    WhepNode node;
    const auto reply = node.post();
    const auto session = reply.header("location");
    const auto etag = reply.header("etag");
    CHECK(node.patch(session, etag, fragmentOfViewer, "application/sdp").status == 415);
    CHECK(node.patch(session, etag, "a=candidate:nonsense\r\n").status >= 400);
    const auto restart =
        node.patch(session, etag, "a=ice-ufrag:another\r\na=ice-pwd:0123456789012345678901\r\n");
    CHECK(restart.status == 422);
    problemOf(restart);
    CHECK(node.ask("GET", session).status == 204);
    CHECK(node.relay.present.size() == 1);
}

TEST_CASE("a viewer's session ends by DELETE, once") {
    WhepNode node;
    const auto session = node.post().header("location");
    const auto get = node.ask("GET", session);
    CHECK(get.status == 204);
    CHECK(get.body.empty());
    CHECK(node.ask("HEAD", session).status == 204);
    CHECK(node.ask("DELETE", session).status == 200);
    CHECK(node.relay.present.empty());
    for (const char* method : {"DELETE", "GET", "HEAD"})
        CHECK(node.ask(method, session).status == 404);
    CHECK(node.patch(session, "*", fragmentOfViewer).status == 404);
}

TEST_CASE("a session that the relay has ended is not found any more, and is not ended twice") {
    WhepNode node;
    const auto session = node.post().header("location");
    const auto other = node.post().header("location");
    node.relay.lose(1);
    CHECK(node.whep->sessions() == 1);
    CHECK(node.ask("GET", session).status == 404);
    CHECK(node.patch(session, "*", fragmentOfViewer).status == 404);
    CHECK(node.ask("DELETE", session).status == 404);
    CHECK(node.ask("GET", other).status == 204);
    CHECK(node.relay.present.size() == 1);
}

TEST_CASE("a session that was not given is not found, nor under another path") {
    WhepNode node;
    const auto session = node.post().header("location");
    const auto id = session.substr(session.rfind('/') + 1);
    CHECK(node.ask("DELETE", "/whep-session/" + std::string(32, '0')).status == 404);
    CHECK(node.ask("DELETE", "/whep-session/" + id.substr(1)).status == 404);
    CHECK(node.ask("DELETE", "/whep-session/").status == 404);
    CHECK(node.ask("DELETE", whepEndpoint + "/" + id).status == 405);
    CHECK(node.ask("DELETE", "/whip/studio/" + id).status == 404);
    CHECK(node.relay.present.size() == 1);
}

TEST_CASE("a viewer that ends after the server is gone changes nothing") {
    WhepNode node;
    REQUIRE(node.post().status == 201);
    node.whep.reset();
    node.relay.lose(1);
    CHECK(node.relay.present.empty());
}

TEST_CASE("ten thousand viewers that came and left leave nothing") {
    HandmadeRelay relay;
    relay::Loop loop;
    daemon::whep::Server whep(loop, relay.asViewers(), {});
    daemon::http::Router router;
    whep.addRoutes(router);
    std::set<std::string> sessions;
    for (int i = 0; i < 10'000; ++i) {
        const auto created = handle(router, "POST", whepEndpoint);
        REQUIRE(created.status == 201);
        const auto session = created.headers.front().second;
        sessions.insert(session);
        REQUIRE(handle(router, "DELETE", fromRoot(session)).status == 200);
    }
    CHECK(sessions.size() == 10'000);
    CHECK(whep.sessions() == 0);
    CHECK(relay.present.empty());
}
