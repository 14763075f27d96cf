#include "relay/sdp/receiving_offer.h"

#include "relay/sdp/fixtures.h"

using namespace spillway;
using namespace spillway::relay;
using namespace spillway::test;

namespace {

const sdp::Transport transport{{"ourU", "ourPasswordOfTwentyTwo"},
                               "sha-256 00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:"
                               "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF",
                               "actpass"};

sdp::Error refused(const std::string& answer) {
    const auto read = sdp::readAnswer(sdp::receivingOffer(allCodecs), answer, allCodecs);
    REQUIRE(std::holds_alternative<sdp::Error>(read));
    return std::get<sdp::Error>(read);
}

sdp::RemoteDescription taken(const std::string& answer,
                             const std::vector<config::Codec>& codecs = allCodecs) {
    auto read = sdp::readAnswer(sdp::receivingOffer(codecs), answer, codecs);
    if (const auto* error = std::get_if<sdp::Error>(&read)) FAIL(error->detail);
    return std::get<sdp::RemoteDescription>(std::move(read));
}

} // namespace

TEST_CASE("our offer receives every configured codec with RTX, NACK and transport-wide feedback") {
    const auto ours = sdp::receivingOffer({config::Codec::h264, config::Codec::vp8});
    const std::string text = sdp::offerText(ours, transport, {"candidate:1 1 UDP 1 192.0.2.7 5000 typ host"});
    for (const char* line :
         {"m=video 9 UDP/TLS/RTP/SAVPF 96 97 98 99\r\n", "a=rtpmap:96 H264/90000\r\n", "a=fmtp:97 apt=96\r\n",
          "a=rtpmap:98 VP8/90000\r\n", "a=rtcp-fb:98 nack pli\r\n", "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n",
          "a=group:BUNDLE 0 1\r\n", "a=setup:actpass\r\n", "a=recvonly\r\n",
          "a=candidate:1 1 UDP 1 192.0.2.7 5000 typ host\r\n",
          "a=extmap:3 http://www.webrtc.org/experiments/rtp-hdrext/playout-delay\r\n"}) {
        INFO(line);
        CHECK(contains(text, line));
    }
    CHECK(text.find("playout-delay") == text.rfind("playout-delay")); // of the picture alone
    // Whoever reads descriptions reads this one.
    const auto again = sdp::readRemoteDescription(replaced(text, "a=recvonly", "a=sendonly"), allCodecs,
                                                  sdp::Author::publisher);
    CHECK(std::holds_alternative<sdp::RemoteDescription>(again));
}

TEST_CASE("Pion's answer is taken with its SSRCs and shown to webrtcbin without trailing blanks") {
    const auto theirs = taken(fixture("pion_answer.sdp"));
    CHECK(theirs.lineOf(676563440, 96)->mid == "0");
    CHECK(theirs.lineOf(303704805, 111)->mid == "1");
    const std::string text = sdp::answerFromServer(theirs);
    CHECK(contains(text, "a=setup:active\r\n"));
    CHECK(contains(text, "a=rtcp-fb:96 nack\r\n"));
    CHECK(contains(text, "a=sendonly\r\n"));
    CHECK_FALSE(contains(text, "a=inactive\r\n"));
}

TEST_CASE("a server that sends no sound is an answer with one line") {
    std::string text = fixture("pion_answer.sdp");
    text.replace(text.rfind("a=sendonly"), 10, "a=inactive");
    const auto theirs = taken(text);
    CHECK(theirs.lines[0].carried);
    CHECK_FALSE(theirs.lines[1].carried);
    CHECK(contains(sdp::answerFromServer(theirs), "a=inactive\r\n"));
}

TEST_CASE("what was not offered is not taken") {
    const auto theirs = taken(fixture("pion_answer.sdp"), {config::Codec::vp8});
    for (const auto& payload : theirs.lines[0].payloads)
        CHECK((payload.type == 96 || payload.type == 97));
    CHECK(refused(replaced(fixture("pion_answer.sdp"), "a=sendonly", "a=recvonly")).kind ==
          sdp::Error::Kind::unsupported);
}

TEST_CASE("what is no answer to our offer is refused by name") {
    const std::string good = fixture("pion_answer.sdp");
    CHECK(contains(refused(replaced(good, "a=setup:active", "a=setup:actpass")).detail, "actpass"));
    CHECK(contains(refused(good.substr(0, good.find("m=audio"))).detail, "m-lines"));
    CHECK(contains(refused(replaced(good, "a=mid:0", "a=mid:7")).detail, "mid"));
    CHECK(refused("nonsense").kind == sdp::Error::Kind::malformed);
}
