// GLib's resolver, without a word to any server.
#include "relay/net/name_lookup.h"

#include "relay/base/loop.h"
#include "support/catch.h"

#include <optional>

using namespace spillway::relay;
using namespace std::chrono_literals;

namespace {

NameFound found(const std::string& name) {
    Loop loop;
    std::optional<NameFound> answer;
    lookUpName(name, [&](const NameFound& is) {
        CHECK(loop.onLoop());
        answer = is;
    });
    CHECK_FALSE(answer);
    REQUIRE(loop.runUntil([&] { return answer.has_value(); }, 20s));
    return *answer;
}

} // namespace

TEST_CASE("a name is found on the loop, with all its addresses") {
    const NameFound local = found("localhost");
    CHECK(local.problem.empty());
    REQUIRE_FALSE(local.addresses.empty());
    for (const auto& address : local.addresses)
        CHECK((address.isLoopback() && address.port() == 0));
    const NameFound v6 = found("2001:db8::7");
    REQUIRE(v6.addresses.size() == 1);
    CHECK(v6.addresses[0].text() == "[2001:db8::7]:0");
}

TEST_CASE("a name that is not found has a problem that names it") {
    const std::string tooLong(64, 'a'); // for DNS, so no server is asked
    const NameFound none = found(tooLong);
    CHECK(none.addresses.empty());
    CHECK_THAT(none.problem, Catch::Contains(tooLong));
}
