#include "config/network.h"

#include "loading.h"

using namespace spillway::config;

TEST_CASE("a network contains its addresses, and no others") {
    const auto contains = [](const char* network, const char* host) {
        return Network::parse(network).contains(host);
    };
    CHECK(contains("10.0.0.0/8", "10.255.255.255"));
    CHECK_FALSE(contains("10.0.0.0/8", "11.0.0.0"));
    CHECK(contains("10.0.0.0/8", "::ffff:10.1.2.3"));
    CHECK(contains("192.0.2.1", "192.0.2.1"));
    CHECK_FALSE(contains("192.0.2.1", "192.0.2.2"));
    CHECK(contains("192.0.2.128/25", "192.0.2.200"));
    CHECK_FALSE(contains("192.0.2.128/25", "192.0.2.100"));
    CHECK(contains("0.0.0.0/0", "203.0.113.1"));
    CHECK_FALSE(contains("0.0.0.0/0", "2001:db8::1"));
    CHECK(contains("2001:db8::/32", "2001:db8:1::1"));
    CHECK_FALSE(contains("2001:db8::/32", "2001:db9::1"));
    CHECK(contains("fe80::/10", "fe80::1%eth0"));
    CHECK(contains("unix", "unix"));
    CHECK_FALSE(contains("unix", "127.0.0.1"));
    CHECK_FALSE(contains("::/0", "unix"));
    CHECK_FALSE(contains("::/0", "nobody"));
}

TEST_CASE("what is no network is refused") {
    for (const auto* text :
         {"", "proxy", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "2001:db8::/129", "10.0.0", "/8", "Unix"})
        CHECK_THROWS_WITH(Network::parse(text), Catch::Contains("is no network; allowed"));
    CHECK_THROWS_WITH(Network::parse("10.0.0.1/8"), Catch::Contains("bits behind its prefix"));
    CHECK_THAT(problemOf("http: {trusted_proxies: [10.0.0.1/8]}"), Catch::Contains("bits behind its prefix"));
    CHECK(isIn(valid(load("http: {trusted_proxies: 127.0.0.1}", "f")).http.trustedProxies, "127.0.0.1"));
}
