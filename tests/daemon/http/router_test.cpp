#include "daemon/http/router.h"
#include "support/catch.h"

using namespace spillway::daemon::http;

namespace {

Router router() {
    Router router;
    for (const auto& [method, pattern] : std::vector<std::pair<std::string, std::string>>{
             {"GET", "/"}, {"GET", "/v1/calls"}, {"GET", "/v1/calls/{call}"}, {"DELETE", "/v1/calls/{call}"}})
        router.add({method, pattern, Access::view, {}, {}});
    return router;
}

} // namespace

TEST_CASE("a path finds the route of its pattern and method") {
    const auto table = router();
    CHECK(table.match("GET", "/").route->pattern == "/");
    CHECK(table.match("GET", "/v1/calls").route->pattern == "/v1/calls");
    CHECK(table.match("DELETE", "/v1/calls/a").route->method == "DELETE");
}

TEST_CASE("parameters are decoded after the path was split") {
    const auto table = router();
    CHECK(table.match("GET", "/v1/calls/a%20b").params.at("call") == "a b");
    CHECK(table.match("GET", "/v1/calls/a%2Fb").params.at("call") == "a/b");
}

TEST_CASE("a path that is nearly one is none") {
    const auto table = router();
    for (const char* path : {"/metrics", "/v1/calls/", "//", "/v1", "/v1/calls/a/b", "", "/V1/calls"}) {
        CAPTURE(path);
        CHECK(table.match("GET", path).path == nullptr);
    }
}

TEST_CASE("HEAD is served by GET") {
    const auto table = router();
    CHECK(table.match("HEAD", "/v1/calls").route->method == "GET");
    CHECK(table.match("HEAD", "/v1/calls/a").route->method == "GET");
}

TEST_CASE("a known path says which methods it has") {
    const auto table = router();
    const auto match = table.match("PUT", "/v1/calls/a");
    CHECK(match.route == nullptr);
    REQUIRE(match.path != nullptr);
    CHECK(joinMethods(match.allowed) == "GET, HEAD, DELETE, OPTIONS");
}
