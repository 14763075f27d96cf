// Signing keys, the monitor's token, secrets of TURN servers, and what is asked of a token that is to be
// made.
#include "loading.h"

using namespace spillway::config;
using namespace std::chrono_literals;

namespace {

const std::string key32(32, 'k');

/// The problem of one list of keys whose secrets are variables.
std::string keysProblem(const std::string& keys) {
    return problemOf("http: {signed_tokens: {keys: " + keys + "}}");
}

Lines tokenProblems(const std::string& text) {
    return problemLines(loadToken(text, "t"));
}

} // namespace

TEST_CASE("signing keys are read in their order, and make tokens a must") {
    const Variable a("SPILLWAY_TEST_A", key32);
    const Variable b("SPILLWAY_TEST_B", std::string(64, 'b'));
    const Settings settings = valid(
        load("http: {signed_tokens: {audience: node-1, keys: [{id: new, secret: {env: SPILLWAY_TEST_A}}, "
             "{id: old, secret: {env: SPILLWAY_TEST_B}}]}}",
             "f"));
    const auto& tokens = settings.http.signedTokens;
    CHECK(tokens.audience == "node-1");
    REQUIRE(tokens.keys.size() == 2);
    CHECK(tokens.keys[0].id == "new");
    CHECK(tokens.keys[0].secret.reveal() == key32);
    CHECK(tokens.keys[1].id == "old");
    CHECK(settings.http.hasTokens());
    CHECK_FALSE(settings.http.hasFixedTokens());
    CHECK_FALSE(valid(load("http: {signed_tokens: {audience: node-1}}", "f")).http.hasTokens());
}

TEST_CASE("a signing key has 32 bytes at least") {
    const Variable shorter("SPILLWAY_TEST_A", key32.substr(1));
    CHECK(
        keysProblem("[{id: a, secret: {env: SPILLWAY_TEST_A}}]") ==
        "f:1:47: http.signed_tokens.keys[0].secret: holds 31 bytes; a key needs 32 or more, such as openssl "
        "rand -hex 32 makes");
    const Variable exact("SPILLWAY_TEST_A", key32);
    CHECK(problemsOf("http: {signed_tokens: {keys: [{id: a, secret: {env: SPILLWAY_TEST_A}}]}}").empty());
}

TEST_CASE("signing keys have different names, and are no fixed token") {
    const Variable a("SPILLWAY_TEST_A", key32);
    const Variable b("SPILLWAY_TEST_B", std::string(32, 'b'));
    CHECK(keysProblem("[{id: a, secret: {env: SPILLWAY_TEST_A}}, {id: a, secret: {env: SPILLWAY_TEST_B}}]") ==
          "f:1:77: http.signed_tokens.keys[1].id: duplicate id");
    CHECK(problemOf(
              "http: {tokens: {view: {env: SPILLWAY_TEST_A}}, signed_tokens: {keys: [{id: a, secret: {env: "
              "SPILLWAY_TEST_A}}]}}")
              .find("http.signed_tokens.keys[0].secret: is the view token") != std::string::npos);
}

TEST_CASE("what is wrong with signing keys is said once, and no secret in it is repeated") {
    const auto* keys = GENERATE("hunter2", "[hunter2]", "[{id: a}]", "[{secret: {env: NOT_THERE}}]",
                                "[{id: a, secret: hunter2}]", "[{id: 'a b', secret: {env: PATH}}]",
                                "[{id: a, hunter2: {env: PATH}}]", "{hunter2: a}");
    const Lines lines = problemsOf("http: {signed_tokens: {keys: " + std::string(keys) + "}}");
    CAPTURE(keys, lines);
    CHECK_FALSE(lines.empty());
    CHECK(lines.size() <= 2);
    for (const std::string& line : lines)
        CHECK(line.find("hunter2") == std::string::npos);
}

TEST_CASE("the monitor has a token of its own") {
    const Variable m("SPILLWAY_TEST_M", "m");
    CHECK(valid(load("http: {tokens: {monitor: {env: SPILLWAY_TEST_M}}}", "f"))
              .http.monitorToken->matches("m"));
    CHECK(problemOf("http: {tokens: {view: {env: SPILLWAY_TEST_M}, monitor: {env: SPILLWAY_TEST_M}}}")
              .find("http.tokens.monitor: is the same token as that of view") != std::string::npos);
}

TEST_CASE("a TURN server has a secret in place of a login, not beside it") {
    const Variable secret("SPILLWAY_TEST_TURN", "north");
    const auto servers = valid(load("webrtc: {ice_servers: [{urls: ['turn:a', 'turns:a'], secret: {env: "
                                    "SPILLWAY_TEST_TURN}}]}",
                                    "f"))
                             .webrtc.iceServers;
    REQUIRE(servers.size() == 2);
    CHECK(servers[1].secret->reveal() == "north");
    CHECK(servers[1].username.empty());
    CHECK_FALSE(servers[1].password);
    CHECK(problemOf(
              "webrtc: {ice_servers: [{urls: 'turn:a', username: u, secret: {env: SPILLWAY_TEST_TURN}}]}") ==
          "f:1:24: webrtc.ice_servers[0]: has a secret, which makes username and password; leave these out");
}

TEST_CASE("what a token is to allow is read, as YAML and as JSON") {
    const auto token = valid(loadToken("{role: publish, call: studio, participant: alice, source: screen, "
                                       "starts_in: 10m, expires_in: 1h}",
                                       "t"));
    CHECK(token.role == TokenRole::publish);
    CHECK(token.call == "studio");
    CHECK(token.participant == "alice");
    CHECK(token.source == "screen");
    CHECK(token.startsIn == 10min);
    CHECK(token.expiresIn == 1h);
    const auto whole = valid(loadToken(R"({"role": "view", "expires_in": "7d"})", "t"));
    CHECK(whole.isWhole());
    CHECK(whole.startsIn == 0s);
}

TEST_CASE("a token must say its role and its end, and what it cannot mean is refused") {
    CHECK(tokenProblems("").size() == 2);
    CHECK(tokenProblems("{role: view}") == Lines{"t:1:1: expires_in: this key is missing"});
    for (const auto* text :
         {"{role: owner, expires_in: 1h}", "{role: view, expires_in: 0}", "{role: view, expires_in: 367d}",
          "{role: view, expires_in: 1h, call: a/b}", "{role: view, expires_in: 1h, cal: studio}",
          "{role: view, expires_in: 1h, exp: 1}", "{role: monitor, call: studio, expires_in: 1h}",
          "{role: view, starts_in: 1h, expires_in: 1h}"}) {
        CAPTURE(text);
        CHECK(tokenProblems(text).size() == 1);
    }
}
