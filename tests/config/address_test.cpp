#include "config/address.h"
#include "config/url.h"
#include "support/catch.h"

#include <stdexcept>

using namespace spillway::config;

TEST_CASE("an address to listen on is host:port, [v6]:port or unix:/path") {
    const auto v4 = ListenAddress::parse("127.0.0.1:8080");
    CHECK(v4.host() == "127.0.0.1");
    CHECK(v4.port() == 8080);
    CHECK_FALSE(v4.isUnix());
    const auto v6 = ListenAddress::parse("[::1]:0");
    CHECK(v6.host() == "::1");
    CHECK(v6.port() == 0);
    const auto socket = ListenAddress::parse("unix:/run/spillway/http.sock");
    CHECK(socket.isUnix());
    CHECK(socket.path() == "/run/spillway/http.sock");
}

TEST_CASE("an address is written as it is read, in its short form") {
    CHECK(ListenAddress::parse("0.0.0.0:80").text() == "0.0.0.0:80");
    CHECK(ListenAddress::parse("[0:0:0:0:0:0:0:1]:80").text() == "[::1]:80");
    CHECK(ListenAddress::parse("unix:/a").text() == "unix:/a");
}

TEST_CASE("loopback and Unix sockets are local, nothing else is") {
    CHECK(ListenAddress::parse("127.0.0.1:1").isLocal());
    CHECK(ListenAddress::parse("127.9.9.9:1").isLocal());
    CHECK(ListenAddress::parse("[::1]:1").isLocal());
    CHECK(ListenAddress::parse("unix:/a").isLocal());
    CHECK_FALSE(ListenAddress::parse("0.0.0.0:1").isLocal());
    CHECK_FALSE(ListenAddress::parse("[::]:1").isLocal());
    CHECK_FALSE(ListenAddress::parse("128.0.0.1:1").isLocal());
    CHECK_FALSE(ListenAddress::parse("[::ffff:127.0.0.1]:1").isLocal());
}

TEST_CASE("anything else is not an address to listen on") {
    const std::string tooLong = "unix:/" + std::string(107, 'x');
    const auto text = GENERATE_COPY(
        std::string(""), std::string("8080"), std::string(":8080"), std::string("localhost:8080"),
        std::string("127.0.0.1"), std::string("127.0.0.1:"), std::string("127.0.0.1:65536"),
        std::string("127.0.0.1:80x"), std::string("127.0.0.256:80"), std::string("::1:80"),
        std::string("[::1]"), std::string("[::1"), std::string("[127.0.0.1]:80"),
        std::string("[fe80::1%eth0]:80"), std::string("unix:"), std::string("unix:relative"), tooLong,
        std::string("unix:/a\0b", 9), std::string("127.0.0.1\0:80", 13));
    CAPTURE(text);
    CHECK_THROWS_AS(ListenAddress::parse(text), std::invalid_argument);
}

TEST_CASE("the longest path of a Unix socket is allowed") {
    CHECK(ListenAddress::parse("unix:/" + std::string(106, 'x')).path().size() == 107);
}

TEST_CASE("an address for UDP is host:port or [v6]:port, and no Unix socket") {
    CHECK(ListenAddress::parseUdp("0.0.0.0:8189").text() == "0.0.0.0:8189");
    CHECK(ListenAddress::parseUdp("[::]:0").text() == "[::]:0");
    CHECK_THROWS_WITH(ListenAddress::parseUdp("unix:/a"),
                      "\"unix:/a\" is not an address to listen on: media needs a port; allowed: "
                      "0.0.0.0:8189, [::]:8189");
    for (const auto* text : {"", "8189", "0.0.0.0", "localhost:8189", "[::]", "0.0.0.0:65536"}) {
        CAPTURE(text);
        CHECK_THROWS_AS(ListenAddress::parseUdp(text), std::invalid_argument);
    }
}

TEST_CASE("where a node is reached is an address or a name, with a port or without") {
    CHECK(parseReachableAddress("203.0.113.7") == HostPort{"203.0.113.7", {}});
    CHECK(parseReachableAddress("203.0.113.7:30189") == HostPort{"203.0.113.7", 30189});
    CHECK(parseReachableAddress("127.0.0.1") == HostPort{"127.0.0.1", {}});
    CHECK(parseReachableAddress("2001:0db8:0::7") == HostPort{"2001:db8::7", {}});
    CHECK(parseReachableAddress("[2001:0db8:0::7]") == HostPort{"2001:db8::7", {}});
    CHECK(parseReachableAddress("[2001:db8::1]:30189") == HostPort{"2001:db8::1", 30189});
    CHECK(parseReachableAddress("gw.example.org") == HostPort{"gw.example.org", {}});
    CHECK(parseReachableAddress("GW.Example.org:30189") == HostPort{"gw.example.org", 30189});
    CHECK(parseReachableAddress("localhost") == HostPort{"localhost", {}});
}

TEST_CASE("where nobody can send to, no node is reached") {
    const auto text = GENERATE(
        std::string(""), std::string(":30189"), std::string("203.0.113"), std::string("203.0.113.256"),
        std::string("203.0.113.7:"), std::string("203.0.113.7:0"), std::string("gw.example.org:0"),
        std::string("203.0.113.7:65536"), std::string("203.0.113.7:8189x"), std::string("2001:db8::7:99999"),
        std::string("[2001:db8::7"), std::string("[203.0.113.7]:1"), std::string("[gw.example.org]:1"),
        std::string("gw..example.org"), std::string("gw_1.example.org"),
        std::string("https://gw.example.org"), std::string("gw.example.org/30189"),
        std::string("fe80::1%eth0"), std::string("203.0.113.7\0", 12), std::string("gw.example.org\0:1", 17),
        std::string("0.0.0.0"), std::string("::"), std::string("[::]:8189"), std::string("224.0.0.1"),
        std::string("255.255.255.255:1"), std::string("ff02::1"));
    CAPTURE(text);
    CHECK_THROWS_AS(parseReachableAddress(text), std::invalid_argument);
}

TEST_CASE("a host is a numeric address or a DNS name") {
    CHECK(isHost("10.0.0.1"));
    CHECK(isHost("2001:db8::1"));
    CHECK(isHost("a-b.example"));
    CHECK(isHost("localhost"));
    CHECK_FALSE(isHost(""));
    CHECK_FALSE(isHost("10.0.0"));
    CHECK_FALSE(isHost("10.0.0.256"));
    CHECK_FALSE(isHost("a_b"));
    CHECK_FALSE(isHost("-a"));
    CHECK_FALSE(isHost("a..b"));
    CHECK_FALSE(isHost("a b"));
    CHECK_FALSE(isHost(std::string(64, 'a')));
    CHECK_FALSE(isHost(std::string("a\0b", 3)));
}

TEST_CASE("STUN and TURN URLs of RFC 7064 and RFC 7065 are accepted") {
    const auto* url =
        GENERATE("stun:stun.example.org", "stun:stun.example.org:3478", "stuns:[::1]:5349", "turn:192.0.2.1",
                 "turn:t.example.org:3478?transport=udp", "turns:t.example.org?transport=tcp");
    CAPTURE(url);
    CHECK_NOTHROW(checkIceUrl(url));
}

TEST_CASE("other URLs are not STUN or TURN URLs") {
    const auto* url = GENERATE(
        "", "stun", "stun:", "stun.example.org", "http://stun.example.org", "stun://stun.example.org",
        "STUN:a.example", "stun:a.example:0", "stun:a.example:70000", "stun:a.example?transport=udp",
        "turn:a.example?transport=sctp", "turn:a.example?", "turn:a example", "turn:a.example/x");
    CAPTURE(url);
    CHECK_THROWS_AS(checkIceUrl(url), std::invalid_argument);
}

TEST_CASE("a password within an ICE URL is refused and not repeated") {
    CHECK_THROWS_WITH(
        checkIceUrl("turn:user:hunter2@t.example.org"),
        "this is not a STUN or TURN URL: user and password belong in the keys username and password; "
        "allowed: stun:HOST:PORT, stuns:HOST:PORT, turn:HOST:PORT, turns:HOST:PORT, the last two also "
        "with ?transport=udp or ?transport=tcp");
}

TEST_CASE("an origin has a scheme, a host, perhaps a port, and no path") {
    for (const auto* origin : {"*", "https://example.org", "http://localhost:3000", "https://[::1]:8443"})
        CHECK_NOTHROW(checkOrigin(origin));
    for (const auto* origin : {"", "example.org", "ftp://example.org", "https://", "https://example.org/",
                               "https://*.example.org", "https://example.org:x", "null"}) {
        CAPTURE(origin);
        CHECK_THROWS_AS(checkOrigin(origin), std::invalid_argument);
    }
}

TEST_CASE("what is fetched has a scheme, a host, perhaps a port, path and query") {
    for (const auto* rest : {"a", "a.example:1", "[::1]:8188/x", "10.0.0.1/a/b%20c?d=e&f", "a?b"}) {
        CAPTURE(rest);
        CHECK_NOTHROW(checkHttpUrl("http://" + std::string(rest)));
        CHECK_NOTHROW(checkHttpUrl("https://" + std::string(rest)));
        CHECK_NOTHROW(checkWebSocketUrl("ws://" + std::string(rest)));
        CHECK_NOTHROW(checkWebSocketUrl("wss://" + std::string(rest)));
    }
    for (const auto* rest :
         {"", "/x", "a:0", "a:70000", "a:b", "a b", "a#b", "u@a", "a/\u00e4", "::1", "a\"b"}) {
        CAPTURE(rest);
        CHECK_THROWS_AS(checkHttpUrl("https://" + std::string(rest)), std::invalid_argument);
        CHECK_THROWS_AS(checkWebSocketUrl("ws://" + std::string(rest)), std::invalid_argument);
    }
    CHECK_THROWS_AS(checkHttpUrl("ws://a"), std::invalid_argument);
    CHECK_THROWS_AS(checkWebSocketUrl("http://a"), std::invalid_argument);
    CHECK_THROWS_AS(checkHttpUrl("a"), std::invalid_argument);
}

TEST_CASE("the query of a URL that is refused is not repeated") {
    CHECK_THROWS_WITH(checkHttpUrl("ftp://a/?token=hunter2"),
                      "this is not the URL of an HTTP resource: it does not begin with https:// or http://; "
                      "allowed: https://HOST and http://HOST, both also with :PORT, /PATH and ?QUERY");
}
