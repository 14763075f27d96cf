#include "daemon/http/access_control.h"
#include "daemon/support/routed_server.h"
#include "support/catch.h"

#include <glib.h>

using namespace spillway;
using namespace spillway::daemon::http;

namespace {

/// One route that needs what the test says, for the paths of a track.
struct Door {
    explicit Door(const Needs& needs) { router.get("/x/{call}/{participant}/{source}", needs, {}); }

    Match match(const std::string& path) const { return router.match("GET", path); }

    Router router;
};

Request withAuthorization(const std::string& value) {
    Request request;
    request.headers["authorization"] = value;
    return request;
}

Request withParameter(const std::string& token) {
    Request request;
    request.query["access_token"] = token;
    return request;
}

Request withPassword(const std::string& token) {
    const std::string pair = "anybody:" + token;
    gchar* text = g_base64_encode(reinterpret_cast<const guchar*>(pair.data()), pair.size());
    auto request = withAuthorization(std::string("Basic ") + text);
    g_free(text);
    return request;
}

Request bearing(const std::string& token) {
    return withAuthorization("Bearer " + token);
}

/// 0 when it is granted.
unsigned statusFor(const AccessControl& access, const Request& request, const Needs& needs,
                   const std::string& path = "/x/studio/alice/video") {
    const Door door(needs);
    const auto admitted = access.admit(request, door.match(path));
    const auto* refusal = std::get_if<Response>(&admitted);
    return refusal == nullptr ? 0 : refusal->status;
}

unsigned statusFor(const AccessControl& access, const std::string& authorization, Access needed) {
    return statusFor(access, withAuthorization(authorization), needed);
}

using Role = config::TokenRole;
using test::signedBy;

std::string token(AccessControl& access, Role role, const Scope& scope = {}) {
    return signedBy(access.signedTokens(), role, scope);
}

const Needs player{Access::view, Reach::named, TokenPlace::anywhere};

} // namespace

TEST_CASE("each role may do what it is for, view what monitor may, and admin all") {
    const AccessControl access(test::settingsWithTokens());
    struct Row {
        const char* token;
        unsigned monitor, view, publish, admin;
    };
    for (const auto& row : {Row{"admin-secret", 0, 0, 0, 0}, Row{"publish-secret", 403, 403, 0, 403},
                            Row{"view-secret", 0, 0, 403, 403}, Row{"monitor-secret", 0, 403, 403, 403},
                            Row{"wrong", 401, 401, 401, 401}, Row{"", 401, 401, 401, 401}}) {
        CAPTURE(row.token);
        const auto sent = std::string("Bearer ") + row.token;
        CHECK(statusFor(access, sent, Access::monitor) == row.monitor);
        CHECK(statusFor(access, sent, Access::view) == row.view);
        CHECK(statusFor(access, sent, Access::publish) == row.publish);
        CHECK(statusFor(access, sent, Access::admin) == row.admin);
        CHECK(statusFor(access, sent, Access::open) == 0);
    }
}

TEST_CASE("only a whole Bearer token counts") {
    const AccessControl access(test::settingsWithTokens());
    CHECK(statusFor(access, "bEaReR   view-secret", Access::view) == 0);
    for (const char* sent : {"view-secret", "Basic view-secret", "Bearer view-secre", "Bearer view-secret2",
                             "Bearer", "Bearer view-secret, Bearer admin-secret"}) {
        CAPTURE(sent);
        CHECK(statusFor(access, sent, Access::view) == 401);
    }
}

TEST_CASE("a signed token has its role and no other") {
    AccessControl access(test::settingsWithTokens());
    const Needs monitor{Access::monitor};
    struct Row {
        Role role;
        unsigned monitor, view, publish, admin;
    };
    for (const auto& row : {Row{Role::admin, 0, 0, 0, 0}, Row{Role::publish, 403, 403, 0, 403},
                            Row{Role::view, 0, 0, 403, 403}, Row{Role::monitor, 0, 403, 403, 403}}) {
        const auto request = bearing(token(access, row.role));
        CHECK(statusFor(access, request, Access::monitor) == row.monitor);
        CHECK(statusFor(access, request, Access::view) == row.view);
        CHECK(statusFor(access, request, Access::publish) == row.publish);
        CHECK(statusFor(access, request, Access::admin) == row.admin);
    }
    const auto admitted = access.admit(bearing(token(access, Role::view, {"studio"})),
                                       Door({Access::view, Reach::filtered}).match("/x/studio/alice/video"));
    CHECK(std::get<Caller>(admitted).scope == Scope{"studio"});
    CHECK(std::get<Caller>(admitted).expires > std::chrono::system_clock::now());
}

TEST_CASE("keys alone make tokens a must") {
    auto settings = test::localSettings();
    settings.signedTokens = test::signingKeys();
    AccessControl access(settings);
    CHECK(statusFor(access, "", Access::view) == 401);
    CHECK(statusFor(access, bearing(token(access, Role::admin)), Access::admin) == 0);
    access.signedTokens().renew({});
    CHECK(statusFor(access, "", Access::view) == 401);
}

TEST_CASE("a token for a part of the node does not reach a route that says nothing of it") {
    AccessControl access(test::settingsWithTokens());
    for (const auto& scope : {Scope{"studio"}, Scope{"studio", "alice", "video"}, Scope{{}, "alice"}}) {
        CHECK(statusFor(access, bearing(token(access, Role::admin, scope)), Access::admin) == 403);
        CHECK(statusFor(access, bearing(token(access, Role::view, scope)), Access::monitor) == 403);
    }
}

TEST_CASE("a token reaches what it covers by name, and of lists what it meets") {
    AccessControl access(test::settingsWithTokens());
    struct Row {
        Scope scope;
        unsigned own, otherSource, otherParticipant, otherCall;
    };
    const Needs named{Access::view, Reach::named};
    const Needs filtered{Access::view, Reach::filtered};
    for (const auto& row : {Row{{"studio", "alice", "video"}, 0, 403, 403, 403},
                            Row{{"studio", "alice"}, 0, 0, 403, 403}, Row{{"studio"}, 0, 0, 0, 403},
                            Row{{{}, "alice"}, 0, 0, 403, 0}, Row{{{}, {}, "video"}, 0, 403, 0, 0}}) {
        CAPTURE(row.scope.text());
        const auto request = bearing(token(access, Role::view, row.scope));
        for (const auto& needs : {named, filtered}) {
            CHECK(statusFor(access, request, needs) == row.own);
            CHECK(statusFor(access, request, needs, "/x/studio/alice/audio") == row.otherSource);
            CHECK(statusFor(access, request, needs, "/x/studio/bob/video") == row.otherParticipant);
            CHECK(statusFor(access, request, needs, "/x/studio2/alice/video") == row.otherCall);
        }
    }
    Router router;
    router.get("/all/{call}", named, {});
    router.get("/some/{call}", filtered, {});
    const auto ofAlice = bearing(token(access, Role::view, {"studio", "alice"}));
    CHECK(std::holds_alternative<Response>(access.admit(ofAlice, router.match("GET", "/all/studio"))));
    CHECK(std::holds_alternative<Caller>(access.admit(ofAlice, router.match("GET", "/some/studio"))));
    CHECK(std::holds_alternative<Response>(access.admit(ofAlice, router.match("GET", "/some/other"))));
}

TEST_CASE("in the URL and in Basic a token counts where it may, if it is signed, of view and for a part") {
    AccessControl access(test::settingsWithTokens());
    const Scope alice{"studio", "alice"};
    for (const auto& send : {withParameter, withPassword}) {
        CHECK(statusFor(access, send(token(access, Role::view, alice)), player) == 0);
        CHECK(statusFor(access, send(token(access, Role::view, alice)), player, "/x/studio/bob/video") ==
              403);
        CHECK(statusFor(access, send(token(access, Role::view)), player) == 403);
        CHECK(statusFor(access, send(token(access, Role::admin, alice)), player) == 403);
        CHECK(statusFor(access, send(token(access, Role::publish, alice)), player) == 403);
        for (const char* fixed : {"view-secret", "admin-secret", "monitor-secret", ""})
            CHECK(statusFor(access, send(fixed), player) == 401);
        for (const auto& elsewhere :
             {Needs{Access::view, Reach::named}, Needs{Access::view, Reach::filtered}})
            CHECK(statusFor(access, send(token(access, Role::view, alice)), elsewhere) == 401);
    }
}

TEST_CASE("a page that is open looks at a token in its URL, and at no other") {
    AccessControl access(test::settingsWithTokens());
    const Needs page{Access::open, Reach::filtered, TokenPlace::anywhere};
    CHECK(statusFor(access, Request{}, page) == 0);
    CHECK(statusFor(access, bearing("wrong"), page) == 0);
    CHECK(statusFor(access, withParameter(token(access, Role::view, {"studio"})), page) == 0);
    CHECK(statusFor(access, withParameter(token(access, Role::view, {"other"})), page) == 403);
    CHECK(statusFor(access, withParameter("view-secret"), page) == 401);
    CHECK(statusFor(access, withPassword("view-secret"), page) == 401);
    CHECK(statusFor(access, withParameter("wrong"), Access::open) == 0);
}

TEST_CASE("header and URL together are refused, whatever they hold") {
    AccessControl access(test::settingsWithTokens());
    const auto good = token(access, Role::view, {"studio"});
    for (const auto* header : {"Bearer view-secret", "Bearer admin-secret", "Basic eDp5", "Digest x"}) {
        auto request = withParameter(good);
        request.headers["authorization"] = header;
        CHECK(statusFor(access, request, player) == 400);
        CHECK(statusFor(access, request, Access::admin) == 400);
    }
}

TEST_CASE("Basic is not asked for") {
    AccessControl access(test::settingsWithTokens());
    for (const auto& request : {Request{}, withParameter("wrong"), withPassword("wrong"), bearing("wrong")}) {
        const auto admitted = access.admit(request, Door(player).match("/x/studio/alice/video"));
        const auto& refusal = std::get<Response>(admitted);
        CHECK(refusal.status == 401);
        CHECK(refusal.headers == std::vector<std::pair<std::string, std::string>>{
                                     {"WWW-Authenticate", "Bearer realm=\"spillway\""}});
    }
}

TEST_CASE("no refusal repeats the token") {
    AccessControl access(test::settingsWithTokens());
    const auto made = token(access, Role::publish, {"studio"});
    for (const auto& sent : {made, made + "x", std::string("wrong-secret")})
        for (const auto& request : {bearing(sent), withParameter(sent), withPassword(sent)}) {
            const auto admitted = access.admit(request, Door(player).match("/x/studio/alice/video"));
            CHECK(std::get<Response>(admitted).body.find(sent) == std::string::npos);
        }
}

TEST_CASE("without tokens everybody is admin") {
    const AccessControl access{test::localSettings()};
    CHECK(statusFor(access, Request{}, Access::admin) == 0);
}

TEST_CASE("without tokens a name of somebody else's for this host is refused") {
    const AccessControl access{test::localSettings()};
    Request request;
    for (const char* host : {"localhost", "localhost:8080", "127.0.0.1:8080", "[::1]:8080", "10.1.2.3"}) {
        CAPTURE(host);
        request.headers["host"] = host;
        CHECK_FALSE(access.refuseHost(request));
    }
    for (const char* host :
         {"evil.example", "localhost.evil.example:8080", "127.0.0.1.evil.example", "[", ""}) {
        CAPTURE(host);
        request.headers["host"] = host;
        CHECK(access.refuseHost(request));
    }
    request.headers["host"] = "relay.example";
    CHECK_FALSE(AccessControl(test::settingsWithTokens()).refuseHost(request));
}

TEST_CASE("addresses that others can reach need tokens") {
    auto settings = test::localSettings();
    settings.listen = {config::ListenAddress::parse("127.0.0.1:1"), config::ListenAddress::parse("[::1]:1"),
                       config::ListenAddress::parse("unix:/tmp/x")};
    CHECK(exposureProblems(settings).empty());
    settings.listen.push_back(config::ListenAddress::parse("0.0.0.0:8080"));
    settings.listen.push_back(config::ListenAddress::parse("[::]:8080"));
    CHECK(exposureProblems(settings).size() == 2);
    settings.viewToken = config::Secret("x");
    CHECK(exposureProblems(settings).empty());
}

TEST_CASE("without tokens no page of another origin may use the API") {
    auto settings = test::localSettings();
    CHECK_FALSE(corsProblem(settings));
    settings.cors = {"*"};
    REQUIRE(corsProblem(settings));
    CHECK(corsProblem(settings)->find("page of *") != std::string::npos);
    settings.viewToken = config::Secret("x");
    CHECK_FALSE(corsProblem(settings));
}
