#include "relay/rtp/extensions.h"
#include "relay/sdp/remote_description.h"

#include "relay/sdp/answer.h"
#include "relay/sdp/fixtures.h"

#include <algorithm>

using namespace spillway;
using namespace spillway::relay;
using namespace spillway::test;

namespace {

using Kind = sdp::Error::Kind;

std::vector<unsigned> types(const sdp::MediaLine& line) {
    std::vector<unsigned> result;
    for (const auto& payload : line.payloads) {
        result.push_back(payload.type);
        if (payload.rtx) result.push_back(*payload.rtx);
    }
    return result;
}

const sdp::Transport ours{{"ourU", "ourPasswordOfTwentyTwo"}, "sha-256 00:11", "active"};

} // namespace

TEST_CASE("Chromium's offer is carried with every codec but AV1, profile 2 and packetization mode 0") {
    const sdp::RemoteDescription offer = readGood(fixture("chromium.sdp"));
    REQUIRE(offer.lines.size() == 2);
    CHECK(types(offer.lines[0]) == std::vector<unsigned>{111});
    CHECK(types(offer.lines[1]) == std::vector<unsigned>{96, 97, 102, 103, 108, 109, 116, 117, 98, 99});
    CHECK(offer.ice.ufrag == "Koup");
    CHECK(offer.setup == "actpass");
    CHECK(offer.trickle);
    CHECK(offer.lines[1].reducedSizeRtcp);
    CHECK(offer.lines[1].wantsNack());
    CHECK_FALSE(offer.lines[0].wantsNack());
    REQUIRE(offer.lines[1].extensions.size() == 3);
    CHECK(offer.lines[1].extensions[0].id == 3);
    CHECK(offer.lines[1].extensions[1].uri == rtp::playoutDelayUri);
    CHECK(offer.candidates.size() == 2); // TCP ones are left out
}

TEST_CASE("the configured codecs choose what is carried") {
    const sdp::RemoteDescription offer = readGood(fixture("chromium.sdp"), {config::Codec::h264});
    CHECK(types(offer.lines[1]) == std::vector<unsigned>{102, 103, 108, 109, 116, 117});
    CHECK(readBad(replaced(fixture("obs.sdp"), "opus", "speex"), {config::Codec::vp8}).kind ==
          Kind::unsupported);
}

TEST_CASE("H.264 in packetization mode 0 is carried when there is no other") {
    const sdp::RemoteDescription offer =
        readGood(replaced(fixture("obs.sdp"), "packetization-mode=1", "packetization-mode=0"));
    CHECK(types(offer.lines[1]) == std::vector<unsigned>{96});
}

TEST_CASE("aiortc's offer is carried, with the candidates of the bundle's own line alone") {
    const sdp::RemoteDescription offer = readGood(fixture("aiortc.sdp"));
    CHECK(types(offer.lines[1]) == std::vector<unsigned>{97, 98, 99, 100, 101, 102});
    REQUIRE(offer.candidates.size() == 2);
    CHECK(contains(offer.candidates[0], " 46338 "));
}

TEST_CASE("OBS's parameters at session level count for every line") {
    const sdp::RemoteDescription offer = readGood(fixture("obs.sdp"));
    CHECK(offer.ice.ufrag == "jP4c");
    CHECK(offer.trickle);
    const std::string text = offer.textForWebrtcbin();
    CHECK(std::count(text.begin(), text.end(), 'm') > 2);
    CHECK(contains(text, "m=audio 9 UDP/TLS/RTP/SAVPF 111"));
    CHECK(contains(text, "a=fmtp:96 profile-level-id=42e01f;packetization-mode=1"));
    // webrtcbin refuses a line without its own.
    const auto first = text.find("a=fingerprint:sha-256 AB:12");
    REQUIRE(first != std::string::npos);
    CHECK(text.find("a=fingerprint:sha-256 AB:12", first + 1) != std::string::npos);
}

TEST_CASE("Pion's trailing blanks are trimmed and its data channel is refused alone") {
    const sdp::RemoteDescription offer = readGood(fixture("pion.sdp"));
    const std::string text = offer.textForWebrtcbin();
    CHECK(contains(text, "a=rtcp-fb:96 nack\r\n"));
    CHECK_FALSE(contains(text, " \r\n"));
    CHECK_FALSE(contains(text, "application"));
    CHECK(contains(text, "a=group:BUNDLE 0 1\r\n"));

    const std::string answer = sdp::answerForPeer(offer, ours, {});
    CHECK(contains(answer, "a=group:BUNDLE 0 1\r\n"));
    CHECK(contains(answer, "m=application 0 UDP/DTLS/SCTP webrtc-datachannel\r\n"));
    CHECK(contains(answer, "a=mid:2\r\n"));
}

TEST_CASE("werift's SSRCs without msid belong to their lines, and its long foundations are candidates") {
    const sdp::RemoteDescription offer = readGood(fixture("werift.sdp"));
    CHECK(offer.lines.at(0).names(1283174120));
    CHECK(offer.lines.at(1).names(2938978827));
    CHECK(offer.candidates.size() == 2);
    CHECK(contains(offer.textForWebrtcbin(), "a=fmtp:98 apt=97\r\n"));
}

TEST_CASE("an answer takes every carried codec with RTX, feedback and header extensions, and receives only") {
    const sdp::RemoteDescription offer = readGood(fixture("chromium.sdp"));
    const std::string candidate = "candidate:1 1 UDP 2015363327 192.0.2.7 5000 typ host";
    const std::string answer = sdp::answerForPeer(offer, ours, {candidate});
    for (const char* line :
         {"m=video 9 UDP/TLS/RTP/SAVPF 96 97 102 103 108 109 116 117 98 99\r\n", "a=rtpmap:97 rtx/90000\r\n",
          "a=fmtp:97 apt=96\r\n", "a=rtcp-fb:98 transport-cc\r\n", "a=rtcp-fb:98 nack pli\r\n",
          "a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r\n", "a=ice-ufrag:ourU\r\n", "a=setup:active\r\n",
          "a=recvonly\r\n", "a=rtcp-rsize\r\n", "a=candidate:1 1 UDP 2015363327 192.0.2.7 5000 typ host\r\n",
          "a=end-of-candidates\r\n"}) {
        INFO(line);
        CHECK(contains(answer, line));
    }
    CHECK_FALSE(contains(answer, "goog-remb"));
    CHECK_FALSE(contains(answer, "abs-send-time"));
    CHECK_FALSE(contains(answer, "sendonly"));
    CHECK(answer.find("a=candidate") == answer.rfind("a=candidate"));
}

TEST_CASE("an answer takes REMB from who offers it for pictures, where it is used") {
    const auto read = [](const std::string& name) {
        auto offer = sdp::readRemoteDescription(fixture(name), config::CallSettings().videoCodecs,
                                                sdp::Author::publisher, sdp::Remb::used);
        REQUIRE(std::holds_alternative<sdp::RemoteDescription>(offer));
        return std::get<sdp::RemoteDescription>(std::move(offer));
    };
    const auto offer = read("chromium.sdp");
    CHECK(offer.takesRemb());
    CHECK(offer.ssrcs().size() == 3);
    CHECK(contains(sdp::answerForPeer(offer, ours, {}), "a=rtcp-fb:98 goog-remb\r\n"));
    CHECK_FALSE(readGood(fixture("chromium.sdp")).takesRemb());
    CHECK_FALSE(read("werift.sdp").ssrcs().empty());
}

TEST_CASE("a bundle-only line leaves the transport to the line that the group names first") {
    const auto offer = readGood(fixture("bundle_only.sdp"));
    CHECK(offer.lines[1].carried);
    CHECK(offer.ice.ufrag == "EsAw");
    CHECK(contains(sdp::answerForPeer(offer, ours, {}), "a=group:BUNDLE 0 1\r\n"));
    // A line that is not bundle-only may leave it too.
    CHECK(readGood(replaced(replaced(fixture("bundle_only.sdp"), "a=bundle-only\r\n", ""), "m=video 0",
                            "m=video 9"))
              .lines[1]
              .carried);
    CHECK(contains(readBad(replaced(fixture("bundle_only.sdp"), "a=rtcp-mux", "a=x")).detail, "a=rtcp-mux"));
}

TEST_CASE("the first line gives the transport also when it is refused, and stays in the bundle") {
    std::string text = fixture("bundle_only.sdp");
    text.replace(text.find("a=sendonly"), 10, "a=recvonly");
    const auto offer = readGood(text);
    CHECK_FALSE(offer.lines[0].carried);
    CHECK(offer.ice.ufrag == "EsAw");
    CHECK(offer.setup == "actpass");
    const std::string answer =
        sdp::answerForPeer(offer, ours, {"candidate:1 1 UDP 1 192.0.2.7 5000 typ host"});
    CHECK(contains(answer, "a=group:BUNDLE 0 1\r\n"));
    CHECK(contains(answer, "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n"));
    CHECK(contains(answer, "a=inactive\r\n"));
    CHECK(answer.find("a=candidate") < answer.find("m=video"));
    CHECK(contains(offer.textForWebrtcbin(), "a=group:BUNDLE 1\r\n"));
    CHECK_FALSE(contains(sdp::answerForWebrtcbin(offer, ours), "m=audio"));
    // A data channel is refused all the same.
    const auto behindData = readGood(replaced(text, "m=audio 9 UDP/TLS/RTP/SAVPF 111",
                                              "m=application 9 UDP/DTLS/SCTP webrtc-datachannel"));
    CHECK(behindData.ice.ufrag == "EsAw");
    const std::string refused = sdp::answerForPeer(behindData, ours, {});
    CHECK(contains(refused, "a=group:BUNDLE 1\r\n"));
    CHECK(contains(refused, "m=application 0 UDP/DTLS/SCTP webrtc-datachannel\r\n"));
}

TEST_CASE("of two bundles the one that sends is answered, and the lines of the other are refused") {
    const std::string sends = "a=group:BUNDLE 0 1\r\n";
    const std::string receives = "a=group:BUNDLE 2 3\r\n";
    const std::string more = "m=video 9 UDP/TLS/RTP/SAVPF 120\r\na=mid:2\r\na=rtcp-mux\r\na=recvonly\r\n"
                             "a=rtpmap:120 VP8/90000\r\n"
                             "m=audio 9 UDP/TLS/RTP/SAVPF 109\r\na=mid:3\r\na=rtcp-mux\r\na=recvonly\r\n"
                             "a=rtpmap:109 opus/48000/2\r\n";
    for (const std::string& groups : {sends + receives, receives + sends}) {
        const auto offer = readGood(replaced(fixture("bundle_only.sdp"), sends, groups) + more);
        const std::string answer = sdp::answerForPeer(offer, ours, {});
        CHECK(contains(answer, sends));
        CHECK_FALSE(contains(answer, receives));
        CHECK(contains(answer, "m=video 0 UDP/TLS/RTP/SAVPF 0\r\nc=IN IP4 0.0.0.0\r\na=mid:2\r\n"));
        CHECK(contains(answer, "m=audio 0 UDP/TLS/RTP/SAVPF 0\r\nc=IN IP4 0.0.0.0\r\na=mid:3\r\n"));
    }
    CHECK(contains(
        readBad(replaced(fixture("bundle_only.sdp"), sends, sends + "a=group:BUNDLE 1 2\r\n") + more).detail,
        "a=mid:1 is in more than one a=group:BUNDLE"));
}

TEST_CASE("an offer with a line whose codec is not carried is refused with what it has") {
    const auto error = readBad(fixture("first_line_refused.sdp"));
    CHECK(error.kind == Kind::unsupported);
    CHECK(error.detail == "m-line 0 (audio) has no codec that is carried, but PCMU/8000");
    CHECK(contains(readBad(replaced(fixture("obs.sdp"), "opus/48000/2", "opus/48000/6")).detail,
                   "opus/48000/6"));
    CHECK(contains(readBad(fixture("obs.sdp"), {config::Codec::vp8}).detail,
                   "H264/90000 (profile-level-id=42e01f;packetization-mode=1)"));
    CHECK(contains(readBad(replaced(fixture("obs.sdp"), "a=rtpmap:111", "a=x:111")).detail,
                   "none with an a=rtpmap"));
    // An SFU offers all there is: the rest goes on.
    CHECK(std::holds_alternative<sdp::RemoteDescription>(
        sdp::readRemoteDescription(fixture("first_line_refused.sdp"), allCodecs, sdp::Author::sfu)));
}

TEST_CASE("Opus is carried however many channels are written, and is answered as it was offered") {
    const auto offer = readGood(fixture("opus_one_channel.sdp"));
    CHECK(types(offer.lines[0]) == std::vector<unsigned>{111});
    CHECK(contains(sdp::answerForPeer(offer, ours, {}), "a=rtpmap:111 opus/48000/1\r\n"));
    CHECK(types(readGood(replaced(fixture("opus_one_channel.sdp"), "opus/48000/1", "OPUS/48000")).lines[0]) ==
          std::vector<unsigned>{111});
    CHECK(types(readGood(replaced(fixture("opus_one_channel.sdp"), "VP8/90000", "VP8/90000/1")).lines[1]) ==
          std::vector<unsigned>{96, 102});
}

TEST_CASE("an answer takes sound in stereo, once, and what the publisher says of its own") {
    const std::string answer = sdp::answerForPeer(readGood(fixture("chromium.sdp")), ours, {});
    CHECK(contains(answer, "useinbandfec=1;stereo=1\r\n"));
    const std::string stereo =
        replaced(fixture("chromium.sdp"), "useinbandfec=1", "useinbandfec=1;stereo=1;sprop-stereo=1");
    const std::string again = sdp::answerForPeer(readGood(stereo), ours, {});
    CHECK(contains(again, "useinbandfec=1;stereo=1;sprop-stereo=1\r\n"));
    // Who wants mono is let be; pictures have no channels.
    CHECK_FALSE(contains(sdp::answerForPeer(readGood(replaced(stereo, ";stereo=1", ";stereo=0")), ours, {}),
                         ";stereo=1"));
    CHECK(answer.find("stereo") == answer.rfind("stereo"));
}

TEST_CASE("an SSRC belongs to the line that names it, else to the line of its payload type") {
    const sdp::RemoteDescription offer = readGood(fixture("pion.sdp"));
    REQUIRE(offer.lineOf(2002, 96));
    CHECK(offer.lineOf(2002, 96)->mid == "1");
    REQUIRE(offer.lineOf(77, 111));
    CHECK(offer.lineOf(77, 111)->mid == "1");
    CHECK(offer.lineOf(77, 97)->mid == "0");
    CHECK(offer.lineOf(77, 5) == nullptr);
    CHECK(offer.lineOf("2") == nullptr);
}

TEST_CASE("a second line of a kind is refused by name") {
    const std::string offer =
        replaced(fixture("obs.sdp"), "m=audio 9 UDP/TLS/RTP/SAVPF 111", "m=video 9 UDP/TLS/RTP/SAVPF 111");
    const auto error = readBad(replaced(offer, "opus/48000/2", "VP8/90000"));
    CHECK(error.kind == Kind::unsupported);
    CHECK(contains(error.detail, "more than one m-line that sends video"));
}

TEST_CASE("a line that does not send is refused alone") {
    std::string text = fixture("obs.sdp");
    text.replace(text.rfind("a=sendonly"), 10, "a=recvonly");
    const sdp::RemoteDescription offer = readGood(text);
    CHECK(offer.lines[0].carried);
    CHECK_FALSE(offer.lines[1].carried);
    const std::string answer = sdp::answerForPeer(offer, ours, {});
    CHECK(contains(answer, "m=video 0 UDP/TLS/RTP/SAVPF 0\r\n"));
    CHECK(contains(answer, "a=group:BUNDLE 0\r\n"));
    const auto error = readBad(replaced(fixture("obs.sdp"), "a=sendonly", "a=inactive"));
    CHECK(error.kind == Kind::unsupported);
    CHECK(contains(error.detail, "does not send"));
}

TEST_CASE("what an offer lacks is named") {
    const auto without = [](const std::string& line) {
        return readBad(replaced(fixture("obs.sdp"), line, "a=x"));
    };
    CHECK(contains(without("a=ice-ufrag:jP4c").detail, "a=ice-ufrag"));
    CHECK(contains(without("a=ice-pwd:Wm2YbNz8QZ4bYtUq9gq3vR").detail, "a=ice-pwd"));
    CHECK(contains(without("a=setup:actpass").detail, "a=setup"));
    CHECK(contains(without("a=mid:1").detail, "a=mid"));
    CHECK(contains(without("a=rtcp-mux").detail, "a=rtcp-mux"));
    CHECK(contains(without("a=group:BUNDLE 0 1").detail, "BUNDLE"));
    CHECK(contains(readBad(replaced(fixture("obs.sdp"), "a=fingerprint", "a=x")).detail, "a=fingerprint"));
    CHECK(contains(readBad(replaced(fixture("obs.sdp"), "a=mid:1", "a=mid:0")).detail, "a=mid:0"));
    CHECK(contains(readBad(replaced(fixture("obs.sdp"), "UDP/TLS/RTP/SAVPF", "RTP/AVP")).detail, "RTP/AVP"));
    const std::string same = replaced(fixture("obs.sdp"), "SAVPF 111", "SAVPF 96");
    CHECK(contains(readBad(replaced(same, "a=rtpmap:111", "a=rtpmap:96")).detail, "payload type 96"));
}

TEST_CASE("a fingerprint that is weak, short or not the same on every line is refused") {
    CHECK(readBad(replaced(fixture("obs.sdp"), "sha-256", "sha-1")).kind == Kind::unsupported);
    CHECK(readBad(replaced(fixture("obs.sdp"), "sha-256 AB:", "sha-256 ")).kind == Kind::unsupported);
    std::string two = fixture("chromium.sdp");
    two.replace(two.rfind("sha-256 C9"), 10, "sha-256 C8");
    CHECK(contains(readBad(two).detail, "different fingerprints"));
    const std::string weakBeside =
        replaced(fixture("obs.sdp"), "a=setup:actpass", "a=setup:actpass\r\na=fingerprint:sha-1 AB:CD");
    CHECK(readGood(weakBeside).fingerprint.hash == sdp::Fingerprint::Hash::sha256);
}

TEST_CASE("hostile text is refused with its reason") {
    const std::string good = fixture("obs.sdp");
    CHECK(readBad("").kind == Kind::malformed);
    CHECK(readBad("v=1\r\n").kind == Kind::malformed);
    CHECK(readBad("v=0\r\nnonsense\r\n").kind == Kind::malformed);
    CHECK(contains(readBad(good + std::string("a=x\0y\r\n", 7)).detail, "NUL"));
    CHECK(contains(readBad(good + "a=\xC3\x28\r\n").detail, "UTF-8"));
    CHECK(contains(readBad(good + "a=" + std::string(5000, 'x') + "\r\n").detail, "5002 bytes"));
    CHECK(readBad(good + std::string(100000, 'x')).kind == Kind::unsupported);
    CHECK(readBad(std::string(1 << 20, 'v')).kind == Kind::unsupported);
    CHECK(contains(readBad("v=0\r\n").detail, "no m-line"));
    std::string many = "v=0\r\n";
    for (int i = 0; i < 300; ++i)
        many += "m=audio 9 UDP/TLS/RTP/SAVPF 1\r\n";
    CHECK(contains(readBad(many).detail, "more than 16 m-lines"));
    CHECK(readBad("v=0\r\nm=audio\r\n").kind == Kind::malformed);
    CHECK(readBad("v=0\r\nm=audio 99999 UDP/TLS/RTP/SAVPF 1\r\n").kind == Kind::malformed);
}

TEST_CASE(
    "webrtcbin is the DTLS server unless the peer insists, and gets no candidate before the answer is out") {
    const sdp::RemoteDescription offer = readGood(fixture("chromium.sdp"));
    CHECK_FALSE(offer.candidates.empty());
    CHECK_FALSE(contains(offer.textForWebrtcbin(), "a=candidate:"));
    CHECK(contains(offer.textForWebrtcbin(), "a=setup:active\r\n"));
    const auto passive = readGood(replaced(fixture("obs.sdp"), "a=setup:actpass", "a=setup:passive"));
    CHECK(contains(passive.textForWebrtcbin(), "a=setup:passive\r\n"));
}

TEST_CASE("parameters that would become fields of GStreamer's caps are dropped") {
    const sdp::RemoteDescription offer = readGood(
        replaced(fixture("obs.sdp"), "profile-level-id", "clock-rate=x;media=audio;profile-level-id"));
    const std::string text = offer.textForWebrtcbin();
    CHECK_FALSE(contains(text, "clock-rate"));
    CHECK_FALSE(contains(text, "media=audio"));
    CHECK(contains(text, "profile-level-id=42e01f"));
}

TEST_CASE("no mutation of an offer breaks the lens, and what it passes on is clean") {
    std::uint32_t seed = 1;
    const auto random = [&](std::size_t below) {
        seed = seed * 1664525U + 1013904223U;
        return static_cast<std::size_t>(seed >> 8U) % below;
    };
    const std::vector<std::string> originals{fixture("chromium.sdp"), fixture("aiortc.sdp"),
                                             fixture("obs.sdp"), fixture("pion.sdp"), fixture("werift.sdp")};
    std::size_t carried = 0;
    for (int i = 0; i < 4000; ++i) {
        const std::string text = mutated(originals[random(originals.size())], random);
        const auto read = sdp::readRemoteDescription(text, allCodecs, sdp::Author::publisher);
        const auto* offer = std::get_if<sdp::RemoteDescription>(&read);
        if (!offer) continue;
        ++carried;
        // What we write is read again as the same, but for the dot behind SSRCs.
        const std::string written = replaced(offer->textForWebrtcbin(), ". cname:", " cname:");
        const auto again = sdp::readRemoteDescription(written, allCodecs, sdp::Author::publisher);
        REQUIRE(std::holds_alternative<sdp::RemoteDescription>(again));
        CHECK(std::get<sdp::RemoteDescription>(again).textForWebrtcbin() == offer->textForWebrtcbin());
        CHECK_FALSE(sdp::answerForPeer(*offer, ours, {}).empty());
    }
    CHECK(carried > 400);
}
