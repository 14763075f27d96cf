#include "relay/sdp/fragment.h"

#include "relay/sdp/candidate.h"
#include "relay/sdp/fingerprint.h"
#include "support/catch.h"

using namespace spillway::relay::sdp;

namespace {

Fragment readGood(const std::string& text) {
    auto read = parseFragment(text);
    if (const auto* error = std::get_if<Error>(&read)) FAIL(error->detail);
    return std::get<Fragment>(std::move(read));
}

Error::Kind kindOf(const std::string& text) {
    auto read = parseFragment(text);
    REQUIRE(std::holds_alternative<Error>(read));
    return std::get<Error>(read).kind;
}

} // namespace

TEST_CASE("a trickle fragment gives credentials, candidates by line and the end") {
    const Fragment fragment =
        readGood("a=ice-ufrag:EsAw\r\n"
                 "a=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r\n"
                 "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\n"
                 "a=mid:0\r\n"
                 "a=candidate:1387637174 1 udp 2122260223 192.0.2.1 61764 typ host generation 0\r\n"
                 "a=candidate:3471623853 1 udp 2122194687 198.51.100.2 61765 typ host\r\n"
                 "m=video 9 UDP/TLS/RTP/SAVPF 0\r\n"
                 "a=mid:1\r\n"
                 "a=candidate:1 1 udp 2122260223 4e1f9c.local 61766 typ host\r\n"
                 "a=end-of-candidates\r\n");
    CHECK(fragment.ufrag == "EsAw");
    CHECK(fragment.pwd == "P2uYro0UCOQ4zxjKXaWCBui1");
    REQUIRE(fragment.candidates.size() == 3);
    CHECK(fragment.candidates[1].mid == "0");
    CHECK(fragment.candidates[2].mid == "1");
    CHECK(fragment.candidates[0].candidate.rfind("candidate:1387637174", 0) == 0);
    CHECK(fragment.endOfCandidates);
}

TEST_CASE("a fragment that is none is refused with its kind") {
    CHECK(kindOf("hello") == Error::Kind::malformed);
    CHECK(kindOf("a=mid:0\r\na=candidate:nonsense\r\n") == Error::Kind::malformed);
    CHECK(kindOf("a=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\n") == Error::Kind::malformed);
    CHECK(kindOf("a=ice-ufrag:a b\r\n") == Error::Kind::malformed);
    CHECK(kindOf("a=ice-ufrag:abcd\r\na=ice-ufrag:efgh\r\n") == Error::Kind::malformed);
    CHECK(kindOf(std::string("a=mid:0\0", 8)) == Error::Kind::malformed);
    CHECK(kindOf(std::string(20000, 'a')) == Error::Kind::unsupported);
    std::string many = "a=mid:0\r\n";
    for (int i = 0; i < 65; ++i)
        many += "a=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\n";
    CHECK(kindOf(many) == Error::Kind::unsupported);
    CHECK(readGood("").candidates.empty());
}

TEST_CASE("a candidate is usable when it is UDP, component 1 and numeric") {
    const auto usable = [](const char* text) {
        const auto candidate = parseCandidate(text);
        REQUIRE(candidate);
        return candidate->usable;
    };
    CHECK(usable("candidate:1 1 UDP 2015363327 192.0.2.1 5000 typ host"));
    CHECK(usable("a=candidate:1 1 udp 1 2001:db8::1 5000 typ srflx raddr 10.0.0.1 rport 7"));
    CHECK_FALSE(usable("candidate:1 1 udp 1 8f1d.local 5000 typ host"));
    CHECK_FALSE(usable("candidate:1 1 tcp 1 192.0.2.1 9 typ host tcptype active"));
    CHECK_FALSE(usable("candidate:1 2 udp 1 192.0.2.1 5000 typ host"));
    CHECK_FALSE(usable("candidate:1 1 udp 1 192.0.2.1 0 typ host"));
    CHECK(parseCandidate("candidate:1 1 udp 1 192.0.2.1 5000 typ srflx raddr 10.0.0.1 rport 7 generation 0")
              ->text == "candidate:1 1 udp 1 192.0.2.1 5000 typ srflx raddr 10.0.0.1 rport 7");
}

TEST_CASE("a candidate of another type is at the same address, and can be read") {
    const auto other = [](const char* text) { return retyped(parseCandidate(text)->text); };
    CHECK(other("candidate:1 1 udp 7 192.0.2.1 5000 typ host generation 0") ==
          "candidate:1 1 udp 7 192.0.2.1 5000 typ srflx raddr 0.0.0.0 rport 9");
    CHECK(other("candidate:1 1 udp 7 192.0.2.1 5000 typ relay raddr 10.0.0.1 rport 7") ==
          "candidate:1 1 udp 7 192.0.2.1 5000 typ host");
    CHECK(parseCandidate(other("candidate:1 1 udp 7 2001:db8::1 5000 typ host"))->usable);
}

TEST_CASE("what is not a candidate is not read as one") {
    for (const char* text :
         {"", "candidate:", "candidate:1", "candidate:1 1 udp 1 192.0.2.1 5000 typ moon",
          "candidate:1 1 udp 99999999999 192.0.2.1 5000 typ host",
          "candidate:1 1 udp 1 192.0.2.1 70000 typ host", "candidate:1 0 udp 1 192.0.2.1 1 typ host",
          "candidate:1 1 udp 1 a/b 5000 typ host", "ice:1 1 udp 1 192.0.2.1 5000 typ host"}) {
        INFO(text);
        CHECK_FALSE(parseCandidate(text));
    }
    CHECK_FALSE(parseCandidate("candidate:1 1 udp 1 192.0.2.1 5000 typ host " + std::string(600, 'x')));
}

TEST_CASE("a fingerprint is read as it is written, with a hash that is strong enough") {
    const std::string digest = "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:"
                               "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF";
    const auto fingerprint = parseFingerprint("SHA-256 " + digest);
    REQUIRE(fingerprint);
    CHECK(fingerprint->text() == "sha-256 " + digest);
    CHECK(parseFingerprint("sha-512 " + digest + ":" + digest));
    CHECK_FALSE(parseFingerprint("sha-512 " + digest));
    CHECK_FALSE(parseFingerprint("md5 " + digest));
    CHECK_FALSE(parseFingerprint("sha-256 " + digest + ":0"));
    CHECK_FALSE(parseFingerprint("sha-256"));
    CHECK(strongest({"sha-256 " + digest, "sha-512 " + digest + ":" + digest})->hash ==
          Fingerprint::Hash::sha512);
}
