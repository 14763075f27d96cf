#include "daemon/signalling/http_session/link.h"
#include "daemon/signalling/http_session/trickle.h"
#include "daemon/signalling/whep/line_owners.h"
#include "daemon/signalling/whep/url.h"
#include "relay/sdp/fragment.h"
#include "support/catch.h"

using namespace spillway;
using namespace spillway::daemon::whep;
using namespace spillway::daemon::http_session;

TEST_CASE("Link names ICE servers; other links and what is no server are left out") {
    const auto servers =
        iceServers("<https://example.org/>; rel=next, <stun:a.example:3478>;rel=ice-server , "
                   "<http://b.example>; rel=\"ice-server\", <turn:c.example>; rel=\"ice-server\", "
                   "<turn:d.example?transport=tcp>; REL=\"other Ice-Server\"; username=\"u;,<\\\\\"; "
                   "credential=\"p\"; rel=\"next\"");
    REQUIRE(servers.size() == 2);
    CHECK(servers[0].url == "stun:a.example:3478");
    CHECK_FALSE(servers[0].password);
    CHECK(servers[1].url == "turn:d.example?transport=tcp");
    CHECK(servers[1].username == "u;,<\\");
    CHECK(servers[1].password->reveal() == "p");
}

TEST_CASE("Link fields that are none give nothing, and many servers are cut") {
    for (const char* text :
         {"", ",", "<", "<stun:a", "stun:a; rel=ice-server", "<stun:a>", "<stun:a>;", "<stun:a>; rel",
          "<stun:a>; rel=", "<stun:a>; rel=\"ice", "<>; rel=ice-server", "<stun:a>; =; rel=\"\\"}) {
        INFO(text);
        CHECK(iceServers(text).empty());
    }
    std::string many;
    for (int i = 0; i < 1000; ++i)
        many += "<stun:a.example>; rel=ice-server, ";
    CHECK(iceServers(many).size() == maxIceServers);
}

TEST_CASE("what our own WHIP server says in Link is read back") {
    const std::vector<config::IceServer> servers{
        {"turn:a.example", "user \"x\"", config::Secret("p\\q, <r>; s")}};
    const auto read = iceServers(iceLinks(servers).front());
    REQUIRE(read.size() == 1);
    CHECK(read[0].url == servers[0].url);
    CHECK(read[0].username == servers[0].username);
    CHECK(read[0].password->reveal() == servers[0].password->reveal());
}

TEST_CASE("an origin is scheme, host and port") {
    CHECK(isSameOrigin("https://A.example/x", "https://a.example:443/y"));
    CHECK(isSameOrigin("http://a.example", "http://a.example:80/"));
    CHECK_FALSE(isSameOrigin("http://a.example/", "https://a.example/"));
    CHECK_FALSE(isSameOrigin("http://a.example:8080/", "http://a.example/"));
    CHECK_FALSE(isSameOrigin("http://a.example/", "http://b.example/"));
    CHECK_FALSE(isSameOrigin("http:///", "http:///"));
}

TEST_CASE("references are resolved, and none leads from https to http or elsewhere") {
    const std::string base = "https://a.example/whep/gate?x=1";
    CHECK(resolved(base, "/s/1") == "https://a.example/s/1");
    CHECK(resolved(base, "s/1?y=%20") == "https://a.example/whep/s/1?y=%20");
    CHECK(resolved(base, "//b.example/s") == "https://b.example/s");
    CHECK(resolved("http://a.example/", "https://a.example/s") == "https://a.example/s");
    CHECK_FALSE(resolved(base, "http://a.example/s"));
    CHECK_FALSE(resolved(base, "file:///etc/passwd"));
    CHECK_FALSE(resolved(base, "http://["));
    CHECK_FALSE(resolved(base, ""));
    CHECK_FALSE(resolved("no url", "/s"));
}

TEST_CASE("the token is for its own host, over no less than the configured scheme") {
    CHECK(mayCarryToken("https://a.example/x", "https://A.example:8443/y"));
    CHECK(mayCarryToken("http://a.example/x", "https://a.example/y"));
    CHECK_FALSE(mayCarryToken("https://a.example/x", "http://a.example/x"));
    CHECK_FALSE(mayCarryToken("https://a.example/x", "https://b.example/x"));
    CHECK_FALSE(mayCarryToken("https://a.example/x", "https://a.example.evil.example/x"));
    CHECK_FALSE(mayCarryToken("https://a.example/x", "https://a.example@evil.example/x"));
    CHECK_FALSE(mayCarryToken("", ""));
}

TEST_CASE("the lines of a counter-offer that send belong to the participant") {
    CHECK(ownersOf("garbage", "gate").empty());
    CHECK(ownersOf("v=0\r\nm=video 0 UDP/TLS/RTP/SAVPF 96\r\na=mid:0\r\nm=video 9 UDP/TLS/RTP/SAVPF "
                   "96\r\na=mid:1\r\n"
                   "a=recvonly\r\nm=application 9 DTLS/SCTP webrtc-datachannel\r\na=mid:2\r\n"
                   "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:4\r\n",
                   "gate") == relay::LineOwners{{"4", {"gate", "audio"}}});
}

TEST_CASE("what is trickled can be read as a fragment; unknown lines and too many candidates are left out") {
    Trickle trickle;
    trickle.describe(
        "v=0\r\na=ice-ufrag:abcd\r\na=ice-pwd:secretsecretsecret\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\n"
        "a=mid:0\r\n");
    trickle.add("9", "candidate:1 1 udp 1 192.0.2.1 1 typ host");
    for (int i = 0; i < 1000; ++i)
        trickle.add("0", "candidate:1 1 udp 1 192.0.2.1 1 typ host");
    const auto parsed = relay::sdp::parseFragment(trickle.take());
    CHECK(trickle.empty());
    REQUIRE(std::holds_alternative<relay::sdp::Fragment>(parsed));
    const auto& fragment = std::get<relay::sdp::Fragment>(parsed);
    CHECK(fragment.ufrag == "abcd");
    CHECK(fragment.pwd == "secretsecretsecret");
    CHECK(fragment.candidates.size() == 63);
    CHECK(fragment.candidates.front().mid == "0");
}
