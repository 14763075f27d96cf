#include "daemon/http/access_control.h"
#include "daemon/support/routed_server.h"
#include "support/catch.h"

using namespace spillway;
using namespace spillway::daemon::http;

namespace {

Request withAuthorization(const std::string& value) {
    Request request;
    request.headers["authorization"] = value;
    return request;
}

/// 0 when it is granted.
unsigned statusFor(const AccessControl& access, const std::string& authorization, Access needed) {
    const auto refusal = access.refuse(access.roleOf(withAuthorization(authorization)), needed);
    return refusal ? refusal->status : 0;
}

} // namespace

TEST_CASE("each role may do what it is for, and admin all") {
    const AccessControl access(test::settingsWithTokens());
    struct Row {
        const char* token;
        unsigned view, publish, admin;
    };
    for (const auto& row :
         {Row{"admin-secret", 0, 0, 0}, Row{"publish-secret", 403, 0, 403}, Row{"view-secret", 0, 403, 403},
          Row{"wrong", 401, 401, 401}, Row{"", 401, 401, 401}}) {
        CAPTURE(row.token);
        const auto sent = std::string("Bearer ") + row.token;
        CHECK(statusFor(access, sent, Access::view) == row.view);
        CHECK(statusFor(access, sent, Access::publish) == row.publish);
        CHECK(statusFor(access, sent, Access::admin) == row.admin);
        CHECK(statusFor(access, sent, Access::open) == 0);
    }
}

TEST_CASE("only a whole Bearer token counts, whatever the case of the scheme") {
    const AccessControl access(test::settingsWithTokens());
    CHECK(statusFor(access, "bEaReR   view-secret", Access::view) == 0);
    for (const char* sent : {"view-secret", "Basic view-secret", "Bearer view-secre", "Bearer view-secret2",
                             "Bearer", "Bearer view-secret, Bearer admin-secret"}) {
        CAPTURE(sent);
        CHECK(statusFor(access, sent, Access::view) == 401);
    }
}

TEST_CASE("without tokens everybody is admin") {
    const AccessControl access{test::localSettings()};
    CHECK(statusFor(access, "", Access::admin) == 0);
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
