#include "daemon/http/proxies.h"

#include "support/catch.h"

using namespace spillway;
using daemon::http::Proxies;
using daemon::http::Request;

namespace {

const Proxies proxies({config::Network::parse("127.0.0.1"), config::Network::parse("10.0.0.0/8"),
                       config::Network::parse("unix")});

std::string clientOf(std::map<std::string, std::string> headers, const std::string& remote = "127.0.0.1") {
    Request head;
    head.headers = std::move(headers);
    return proxies.clientOf(head, remote);
}

std::string listed(const std::string& value) {
    return clientOf({{"x-forwarded-for", value}});
}

std::string standard(const std::string& value) {
    return clientOf({{"forwarded", value}});
}

} // namespace

TEST_CASE("only a proxy that is trusted says who is behind it") {
    CHECK(clientOf({{"x-forwarded-for", "192.0.2.1"}}) == "192.0.2.1");
    CHECK(clientOf({{"x-forwarded-for", "192.0.2.1"}}, "unix") == "192.0.2.1");
    CHECK(clientOf({{"x-forwarded-for", "192.0.2.1"}}, "203.0.113.9") == "203.0.113.9");
    CHECK(clientOf({}) == "127.0.0.1");
}

TEST_CASE("what a client says of itself does not count") {
    CHECK(listed("198.51.100.7, 192.0.2.1") == "192.0.2.1");
    CHECK(listed("198.51.100.7, 192.0.2.1, 10.1.2.3") == "192.0.2.1");
    CHECK(listed("10.9.9.9, 10.1.2.3") == "10.9.9.9");
    CHECK(standard("for=198.51.100.7, for=192.0.2.1;proto=https") == "192.0.2.1");
    CHECK(clientOf({{"x-forwarded-for", "192.0.2.1"}, {"forwarded", "for=192.0.2.1"}}) == "192.0.2.1");
    // A proxy that sets one of them passes the other on as it came.
    CHECK(clientOf({{"x-forwarded-for", "192.0.2.1"}, {"forwarded", "for=198.51.100.7"}}) == "127.0.0.1");
}

TEST_CASE("addresses are read in all their forms, and nothing else") { // RFC 7239 section 6
    CHECK(listed("192.0.2.1:4711") == "192.0.2.1");
    CHECK(listed("2001:db8::1") == "2001:db8::1");
    CHECK(listed("[2001:db8::1]:4711") == "2001:db8::1");
    CHECK(standard("by=10.0.0.1; FOR=\"[2001:db8::1]:4711\"") == "2001:db8::1");
    for (const auto* nothing : {"", ",", "unknown", "_hidden", "unix", "alice.example", "192.0.2.1, "})
        CHECK(listed(nothing) == "127.0.0.1");
    for (const auto* nothing : {"", "proto=https", "for=", "for=\"", "for=unknown", "for=\"192.0.2.1,"})
        CHECK(standard(nothing) == "127.0.0.1");
}
