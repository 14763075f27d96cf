#include "relay/sdp/viewer_answer.h"

#include "relay/sdp/description.h"
#include "relay/sdp/viewer_fixtures.h"

using namespace spillway;
using namespace spillway::relay;
using namespace spillway::test;

namespace {

/// Every line that receives is sent its first payload with all of its extensions.
sdp::ViewerAnswer toAllLines(const sdp::ViewerOffer& offer) {
    sdp::ViewerAnswer answer{{"ourU", "ourPasswordOfTwentyTwo"},
                             viewerFingerprint,
                             {"candidate:1 1 UDP 2130706431 192.0.2.7 5000 typ host",
                              "candidate:2 1 UDP 2130706175 2001:db8::7 5000 typ host"},
                             {}};
    for (std::size_t i = 0; i < offer.lines.size(); ++i) {
        const auto& line = offer.lines[i];
        if (!line.carried) continue;
        const auto ssrc = static_cast<std::uint32_t>(1000 + 10 * i);
        answer.sent.push_back({i, line.payloads.front(), line.payloads.front().parameters, ssrc, ssrc + 1,
                               "spillway", "anna", "camera", line.extensions});
    }
    return answer;
}

sdp::Description parsed(const std::string& text) {
    auto read = sdp::parseDescription(text, sdp::publisherLimits);
    if (const auto* error = std::get_if<sdp::Error>(&read)) FAIL(error->detail << " in\n" << text);
    return std::get<sdp::Description>(std::move(read));
}

/// What must hold of an answer, whatever the offer was.
void checkAnswer(const sdp::ViewerOffer& offer, const std::string& text) {
    const auto answer = parsed(text);
    REQUIRE(answer.sections.size() == offer.lines.size());
    CHECK(answer.has("ice-lite"));
    for (std::size_t i = 0; i < offer.lines.size(); ++i) {
        const auto& section = answer.sections[i];
        const auto& line = offer.lines[i];
        CHECK(section.kind == line.kind);
        CHECK(section.protocol == line.protocol);
        CHECK(section.attribute("mid").value_or("") == line.mid);
        const bool isHeld = offer.bundled && line.tagged && !line.carried;
        CHECK((section.port == 9) == (line.carried || isHeld));
        CHECK(section.has(line.carried ? "sendonly" : "inactive"));
        CHECK(section.attributes("extmap").size() == line.extensions.size());
        CHECK(section.attribute("setup").value_or("") == (line.carried || isHeld ? "passive" : ""));
    }
    // A bare CR ends a line for some readers.
    CHECK(replaced(text, "\r\n", "").find_first_of("\r\n") == std::string::npos);
}

/// In the bundle, inactive, with this codec alone and all that its transport needs.
void checkHeld(const sdp::Section& held, const std::string& format, const std::string& codec) {
    CHECK(held.port == 9);
    CHECK(held.formats == std::vector<std::string>{format});
    CHECK(held.attributes("rtpmap") == std::vector<std::string>{format + " " + codec});
    for (const char* attribute : {"inactive", "rtcp-mux", "ice-ufrag", "ice-pwd", "fingerprint", "setup"}) {
        INFO(attribute);
        CHECK(held.has(attribute));
    }
}

} // namespace

TEST_CASE("the answer to a viewer, line by line") {
    const auto offer = readViewer(audioAndVideoOffer("a=ice-options:trickle\r\n"
                                                     "a=extmap:3 urn:ietf:params:rtp-hdrext:sdes:mid\r\n") +
                                  "a=rtcp-rsize\r\n"
                                  "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:2\r\n");
    auto answer = toAllLines(offer);
    answer.sent[0].payload = offer.lines[0].payloads[1];
    answer.sent[0].parameters = "profile-id=0";
    answer.sent[1].extensions.clear();
    CHECK(sdp::viewerAnswer(offer, answer) ==
          "v=0\r\n"
          "o=- 0 2 IN IP4 0.0.0.0\r\n"
          "s=-\r\n"
          "t=0 0\r\n"
          "a=group:BUNDLE 0 1\r\n"
          "a=ice-lite\r\n"
          "a=ice-options:trickle\r\n"
          "a=msid-semantic:WMS *\r\n"
          "m=video 9 UDP/TLS/RTP/SAVPF 98 99\r\n"
          "c=IN IP4 0.0.0.0\r\n"
          "a=mid:0\r\n"
          "a=rtcp-mux\r\n"
          "a=extmap:3 urn:ietf:params:rtp-hdrext:sdes:mid\r\n"
          "a=rtpmap:98 VP9/90000\r\n"
          "a=fmtp:98 profile-id=0\r\n"
          "a=rtcp-fb:98 nack\r\n"
          "a=rtcp-fb:98 ccm fir\r\n"
          "a=rtpmap:99 rtx/90000\r\n"
          "a=fmtp:99 apt=98\r\n"
          "a=ice-ufrag:ourU\r\n"
          "a=ice-pwd:ourPasswordOfTwentyTwo\r\n"
          "a=fingerprint:" +
              viewerFingerprint +
              "\r\n"
              "a=setup:passive\r\n"
              "a=sendonly\r\n"
              "a=msid:anna camera\r\n"
              "a=ssrc-group:FID 1000 1001\r\n"
              "a=ssrc:1000 cname:spillway\r\n"
              "a=ssrc:1001 cname:spillway\r\n"
              "a=candidate:1 1 UDP 2130706431 192.0.2.7 5000 typ host\r\n"
              "a=candidate:2 1 UDP 2130706175 2001:db8::7 5000 typ host\r\n"
              "a=end-of-candidates\r\n"
              "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n"
              "c=IN IP4 0.0.0.0\r\n"
              "a=mid:1\r\n"
              "a=rtcp-mux\r\n"
              "a=rtcp-rsize\r\n"
              "a=rtpmap:111 opus/48000/2\r\n"
              "a=ice-ufrag:ourU\r\n"
              "a=ice-pwd:ourPasswordOfTwentyTwo\r\n"
              "a=fingerprint:" +
              viewerFingerprint +
              "\r\n"
              "a=setup:passive\r\n"
              "a=sendonly\r\n"
              "a=msid:anna camera\r\n"
              "a=ssrc:1010 cname:spillway\r\n"
              "m=application 0 UDP/DTLS/SCTP webrtc-datachannel\r\n"
              "c=IN IP4 0.0.0.0\r\n"
              "a=mid:2\r\n"
              "a=inactive\r\n");
}

TEST_CASE("every viewer's offer is answered at its place, Pion's data channel refused alone") {
    for (const char* name : viewers) {
        INFO(name);
        const auto offer = readViewer(viewerFixture(name));
        const std::string text = sdp::viewerAnswer(offer, toAllLines(offer));
        checkAnswer(offer, text);
        CHECK(text.find("a=end-of-candidates") == text.rfind("a=end-of-candidates"));
    }
    const auto pion = readViewer(viewerFixture("pion"));
    const std::string text = sdp::viewerAnswer(pion, toAllLines(pion));
    CHECK(contains(text, "a=group:BUNDLE 0 1\r\n"));
    CHECK(contains(text, "m=application 0 UDP/DTLS/SCTP webrtc-datachannel\r\n"));
    CHECK_FALSE(contains(text, "ice-options"));
}

TEST_CASE("a line that gets no track stays in the bundle, inactive, with a codec that its author named") {
    const auto offer = readViewer(viewerFixture("pion_both"));
    auto answer = toAllLines(offer);
    answer.sent.pop_back();
    const std::string text = sdp::viewerAnswer(offer, answer);
    CHECK(contains(text, "a=group:BUNDLE 0 1\r\n"));
    const auto parts = parsed(text);
    checkHeld(parts.sections.at(1), "112", "opus/48000/2");
}

TEST_CASE("the line that a group names first stays inside it when it gets no track") {
    const auto offer = readViewer(viewerFixture("chromium"));
    auto answer = toAllLines(offer);
    answer.sent.erase(answer.sent.begin());
    const std::string text = sdp::viewerAnswer(offer, answer);
    CHECK(contains(text, "a=group:BUNDLE 0 1\r\n"));
    const auto parts = parsed(text);
    const auto& held = parts.sections.at(0);
    checkHeld(held, "96", "VP8/90000");
    CHECK(held.has("candidate"));
    CHECK_FALSE(held.has("msid"));
    CHECK_FALSE(parts.sections.at(1).has("candidate"));
    // Named first need not mean written first.
    const auto turned = readViewer(replaced(audioAndVideoOffer(), "BUNDLE 0 1", "BUNDLE 1 0"));
    answer = toAllLines(turned);
    answer.sent.pop_back();
    CHECK(contains(sdp::viewerAnswer(turned, answer), "a=group:BUNDLE 1 0\r\n"));
    // Alone in no group it is refused.
    const auto alone = readViewer(replaced(videoOffer("0"), "a=group:BUNDLE 0\r\n", ""));
    answer.sent.clear();
    CHECK(contains(sdp::viewerAnswer(alone, answer), "m=video 0 UDP/TLS/RTP/SAVPF 0\r\n"));
}

TEST_CASE("of two bundles the one that receives is answered, and the lines of the other are refused") {
    const std::string watches = "a=group:BUNDLE 0 1\r\n";
    const std::string talks = "a=group:BUNDLE 2 3\r\n";
    const std::string more = "m=video 9 UDP/TLS/RTP/SAVPF 120\r\na=mid:2\r\na=rtcp-mux\r\na=sendonly\r\n"
                             "a=rtpmap:120 VP8/90000\r\n"
                             "m=audio 9 UDP/TLS/RTP/SAVPF 109\r\na=mid:3\r\na=rtcp-mux\r\na=sendonly\r\n"
                             "a=rtpmap:109 opus/48000/2\r\n";
    for (const std::string& groups : {watches + talks, talks + watches}) {
        const auto offer = readViewer(replaced(audioAndVideoOffer(), watches, groups) + more);
        const std::string answer = sdp::viewerAnswer(offer, toAllLines(offer));
        const auto parts = parsed(answer);
        CHECK(parts.attributes("group") == std::vector<std::string>{"BUNDLE 0 1"});
        CHECK(parts.sections.at(0).has("candidate"));
        for (const std::size_t refused : {2U, 3U}) {
            CHECK(parts.sections.at(refused).port == 0);
            CHECK_FALSE(parts.sections.at(refused).has("ice-ufrag"));
        }
    }
}

TEST_CASE("who talks and watches is answered inactive where he talks") {
    const auto offer = readViewer(viewerFixture("talks"));
    const std::string text = sdp::viewerAnswer(offer, toAllLines(offer));
    CHECK(contains(text, "a=group:BUNDLE 0 1 2\r\n"));
    const auto parts = parsed(text);
    CHECK(parts.sections.at(0).has("inactive"));
    CHECK(parts.sections.at(0).port == 9);
    CHECK(parts.sections.at(0).attributes("rtpmap") == std::vector<std::string>{"111 opus/48000/2"});
    CHECK(parts.sections.at(2).has("sendonly"));
}

TEST_CASE("only what was offered is answered: a group, feedback, RTX") {
    const auto offer = readViewer(replaced(videoOffer("0"), "a=group:BUNDLE 0\r\n", ""));
    const std::string text = sdp::viewerAnswer(offer, toAllLines(offer));
    CHECK_FALSE(contains(text, "BUNDLE"));
    CHECK(contains(text, "m=video 9 UDP/TLS/RTP/SAVPF 96\r\n"));
    CHECK(contains(text, "a=rtcp-fb:96 nack pli\r\n"));
    for (const char* word : {"transport-cc", "goog-remb", "rtx", "ssrc-group", "rtcp-rsize"}) {
        INFO(word);
        CHECK_FALSE(contains(text, word));
    }
}

TEST_CASE("names of participants cannot end a line of the answer") {
    const auto offer = readViewer(audioAndVideoOffer());
    auto answer = toAllLines(offer);
    answer.sent[0].stream = "Anna B\r\na=inactive";
    answer.sent[0].track = "";
    answer.sent[0].cname = std::string(100, 'c') + "\n";
    answer.sent[0].parameters = "x=1\r\na=sendrecv";
    const std::string text = sdp::viewerAnswer(offer, answer);
    checkAnswer(offer, text);
    CHECK(contains(text, "a=msid:Anna_B__a_inactive -\r\n"));
    CHECK(contains(text, "cname:" + std::string(64, 'c') + "\r\n"));
    CHECK_FALSE(contains(text, "sendrecv"));
}

TEST_CASE("no mutation of a viewer's offer breaks its reader, and what is answered is clean") {
    std::uint32_t seed = 1;
    const auto random = [&](std::size_t below) {
        seed = seed * 1664525U + 1013904223U;
        return static_cast<std::size_t>(seed >> 8U) % below;
    };
    std::vector<std::string> originals;
    originals.reserve(viewers.size());
    for (const char* name : viewers)
        originals.push_back(viewerFixture(name));
    std::size_t answered = 0;
    for (int i = 0; i < 4000; ++i) {
        const std::string text = mutated(originals[random(originals.size())], random);
        const auto read = sdp::readViewerOffer(text);
        const auto* offer = std::get_if<sdp::ViewerOffer>(&read);
        if (!offer) continue;
        ++answered;
        checkAnswer(*offer, sdp::viewerAnswer(*offer, toAllLines(*offer)));
    }
    CHECK(answered > 400);
    CHECK(answered < 4000);
}
