#include "relay/values/ice_login.h"

#include "support/catch.h"

using namespace spillway;

namespace {

constexpr std::chrono::system_clock::time_point expires{std::chrono::seconds(1700000000)};

} // namespace

TEST_CASE("a TURN login is made of the secret, as the REST scheme has it") {
    config::IceServer server{"turn:a.example", {}, {}};
    server.secret = config::Secret("north");
    const auto login = relay::loginOf(server, expires, "alice");
    CHECK(login.username == "1700000000:alice");
    // python3: base64.b64encode(hmac.new(b'north', b'1700000000:alice', 'sha1').digest())
    CHECK(login.password->reveal() == "Cd/49soE35ICqcJF/bCTn8Z4OyE=");
}

TEST_CASE("a login that is configured stays as it is") {
    const auto login = relay::loginOf({"turn:a.example", "me", config::Secret("pass")}, expires, "alice");
    CHECK(login.username == "me");
    CHECK(login.password->reveal() == "pass");
    CHECK(relay::loginOf({"stun:a.example", {}, {}}, expires, "alice").username.empty());
}
