#include "relay/sdp/viewer_offer.h"

#include "relay/sdp/payload_reader.h"
#include "relay/sdp/viewer_fixtures.h"
#include "relay/sdp/viewer_payload.h"

using namespace spillway;
using namespace spillway::relay;
using namespace spillway::test;

namespace {

using Kind = sdp::Error::Kind;

sdp::Error refused(const std::string& text) {
    const auto read = sdp::readViewerOffer(text);
    REQUIRE(std::holds_alternative<sdp::Error>(read));
    REQUIRE_FALSE(std::get<sdp::Error>(read).detail.empty());
    return std::get<sdp::Error>(read);
}

const sdp::MediaLine& video(const sdp::ViewerOffer& offer) {
    REQUIRE(offer.lineFor(MediaKind::video));
    return *offer.lineFor(MediaKind::video);
}

/// The payload type that a viewer takes an H.264 stream with; 0 is none.
unsigned h264(const sdp::ViewerOffer& offer, const std::string& profile, const std::string& mode = "1") {
    const auto* payload = sdp::payloadFor(video(offer), "H264", 90000,
                                          "profile-level-id=" + profile + ";packetization-mode=" + mode);
    return payload ? payload->type : 0;
}

/// A viewer with one H.264 payload of this profile, at 126.
sdp::ViewerOffer decoderOf(const std::string& profile) {
    return readViewer("v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=setup:active\r\n"
                      "a=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\na=fingerprint:" +
                      viewerFingerprint +
                      "\r\nm=video 9 UDP/TLS/RTP/SAVPF 126\r\na=mid:v\r\na=rtcp-mux\r\na=recvonly\r\n"
                      "a=rtpmap:126 H264/90000\r\na=fmtp:126 packetization-mode=1;profile-level-id=" +
                      profile + "\r\n");
}

} // namespace

TEST_CASE("what every viewer offers is read: credentials, both kinds, and an Opus payload") {
    struct Expected {
        const char* name;
        const char* ufrag;
        unsigned opus;
        unsigned vp8;
        bool trickle;
    };
    for (const auto& [name, ufrag, opus, vp8, trickle] :
         {Expected{"chromium", "rfI1", 111, 96, true}, Expected{"libwebrtc", "vBBT", 111, 96, true},
          Expected{"firefox", "5c1e9a07", 109, 120, true},
          Expected{"pion", "nmeGGtwEAdYtZwjZ", 111, 96, false}, Expected{"aiortc", "YuzS", 96, 97, false},
          Expected{"werift", "bde6", 96, 98, true},
          Expected{"gstreamer", "S1sHtk9YT+HTTrWNfOAjHkw32BnFG2w+", 96, 101, true}}) {
        INFO(name);
        const auto offer = readViewer(viewerFixture(name));
        CHECK(offer.ice.ufrag == ufrag);
        CHECK(offer.ice.pwd.size() >= 22);
        CHECK(offer.fingerprint.digest.size() == 32);
        CHECK(offer.bundled);
        CHECK(offer.trickle == trickle);
        const auto* audio = offer.lineFor(MediaKind::audio);
        REQUIRE(audio);
        const auto* sound = sdp::payloadFor(*audio, "OPUS", 48000, "");
        REQUIRE(sound);
        CHECK(sound->type == opus);
        const auto* picture = sdp::payloadFor(video(offer), "vp8", 90000, "");
        REQUIRE(picture);
        CHECK(picture->type == vp8);
        CHECK(picture->nack);
        CHECK(picture->pli);
    }
}

TEST_CASE("Chromium's line is read in its order, RTX with its payload and feedback by payload") {
    const auto offer = readViewer(viewerFixture("chromium"));
    const auto& line = video(offer);
    REQUIRE(line.payloads.size() == 18); // 34 with RTX
    const auto& vp8 = line.payloads.front();
    CHECK(vp8.encoding == "VP8");
    CHECK(vp8.rtx == 97);
    CHECK((vp8.nack && vp8.pli && vp8.fir && vp8.remb && vp8.transportCc));
    const auto& flexfec = line.payloads.back();
    CHECK(flexfec.encoding == "flexfec-03");
    CHECK_FALSE(flexfec.rtx);
    CHECK_FALSE(flexfec.nack);
    CHECK((flexfec.remb && flexfec.transportCc));
    CHECK(line.extensions.size() == 11);
    CHECK(line.extensions[4].id == 5);
    CHECK(line.extensions[4].uri == "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay");
    CHECK(line.reducedSizeRtcp);
    const auto& sound = *offer.lineFor(MediaKind::audio);
    CHECK(sound.payloads.front().channels == "2");
    CHECK(sound.payloads.front().parameters == "minptime=10;useinbandfec=1");
}

TEST_CASE("GStreamer's bundle-only line with port 0 receives") {
    const auto offer = readViewer(viewerFixture("gstreamer"));
    CHECK(video(offer).mid == "video1");
    CHECK(video(offer).payloads.front().rtx == 97);
    // It may leave transport and multiplexing to the first line of the group.
    std::string bare = viewerFixture("gstreamer");
    for (const char* attribute : {"a=ice-ufrag", "a=ice-pwd", "a=fingerprint", "a=setup", "a=rtcp-mux\r"})
        bare.replace(bare.rfind(attribute), 3, "a=x");
    CHECK(readViewer(bare).lineFor(MediaKind::video));
    // Also to one that does not receive.
    bare.replace(bare.find("a=recvonly"), 10, "a=inactive");
    const auto silent = readViewer(bare);
    CHECK_FALSE(silent.lineFor(MediaKind::audio));
    CHECK(silent.ice.ufrag == offer.ice.ufrag);
    // Without bundle-only it is a line that is rejected.
    const auto rejected = readViewer(replaced(viewerFixture("gstreamer"), "a=bundle-only\r\n", ""));
    CHECK_FALSE(rejected.lineFor(MediaKind::video));
}

TEST_CASE("what stands at session level counts for every line") {
    const std::string text = audioAndVideoOffer("a=extmap:3 urn:ietf:params:rtp-hdrext:sdes:mid\r\n");
    const auto offer = readViewer(text);
    CHECK(offer.ice.ufrag == "abcd");
    REQUIRE(video(offer).extensions.size() == 1);
    CHECK(video(offer).extensions[0].id == 3);
    // The direction as well, where the line has none.
    std::string silent = replaced(text, "a=setup:actpass", "a=setup:actpass\r\na=sendonly");
    silent.erase(silent.rfind("a=recvonly\r\n"), 12);
    CHECK_FALSE(readViewer(silent).lineFor(MediaKind::audio));
    CHECK(readViewer(silent).lineFor(MediaKind::video));
}

TEST_CASE("extensions that one-byte headers cannot carry, or that only the viewer sends, are ignored") {
    const auto offer =
        readViewer(audioAndVideoOffer("a=extmap:0 urn:a\r\na=extmap:15 urn:b\r\na=extmap:300 urn:c\r\n"
                                      "a=extmap:4/sendonly urn:d\r\na=extmap:5/recvonly urn:e\r\n"
                                      "a=extmap:5 urn:f\r\na=extmap:6 urn:e\r\na=extmap:7 urn:\rg\r\n"));
    REQUIRE(video(offer).extensions.size() == 1);
    CHECK(video(offer).extensions[0].id == 5);
    CHECK(video(offer).extensions[0].uri == "urn:e");
}

TEST_CASE("feedback for all payloads is feedback for each, and RTX goes to what it repeats") {
    const auto offer = readViewer(audioAndVideoOffer());
    const auto& line = video(offer);
    REQUIRE(line.payloads.size() == 2);
    for (const auto& payload : line.payloads)
        CHECK((payload.nack && payload.fir && !payload.remb));
    CHECK(line.payloads[0].pli);
    CHECK_FALSE(line.payloads[1].pli);
    CHECK(line.payloads[0].type == 96);
    CHECK_FALSE(line.payloads[0].rtx); // its RTX is not in the m-line
    CHECK(line.payloads[1].rtx == 99);
    CHECK_FALSE(
        readViewer(replaced(audioAndVideoOffer(), "99 rtx/90000", "99 rtx/48000")).lines[0].payloads[1].rtx);
    CHECK_FALSE(readViewer(replaced(audioAndVideoOffer(), "apt=98", "apt=500")).lines[0].payloads[1].rtx);
}

TEST_CASE("payload types over 127 and without a name are none") {
    const auto offer =
        readViewer(replaced(audioAndVideoOffer(), "SAVPF 96 98 99", "SAVPF 128 300 35 x 98 98 96 99"));
    REQUIRE(video(offer).payloads.size() == 2);
    CHECK(video(offer).payloads[0].type == 98);
    const auto error =
        refused(replaced(replaced(audioAndVideoOffer(), "a=rtpmap:9", "a=x:9"), "a=rtpmap:1", "a=x:1"));
    CHECK(error.kind == Kind::unsupported);
    CHECK(contains(error.detail, "m-line 0 (video) has no payload type"));
}

TEST_CASE("an H.264 stream goes to the first payload of its profile and packetization mode") {
    const auto chromium = readViewer(viewerFixture("chromium"));
    CHECK(h264(chromium, "42e01f") == 108);
    CHECK(h264(chromium, "42C00B") == 108); // other flags and level of Constrained Baseline
    CHECK(h264(chromium, "4de01f") == 108);
    CHECK(h264(chromium, "42001f") == 102);
    CHECK(h264(chromium, "4d0028") == 116);
    CHECK(h264(chromium, "4d4028") == 116);
    CHECK(h264(chromium, "f40033") == 41);
    CHECK(h264(chromium, "640028") == 0);
    CHECK(h264(chromium, "42e01f", "0") == 114);
    CHECK(h264(chromium, "42e01f", "2") == 0);
    CHECK(h264(readViewer(viewerFixture("pion")), "64001f") == 123);
    CHECK(h264(readViewer(viewerFixture("firefox")), "42e01f") == 126);
    CHECK(h264(readViewer(viewerFixture("werift")), "42e01f") == 0);
    const auto find = [&](const std::string& parameters) {
        const auto* payload = sdp::payloadFor(video(chromium), "h264", 90000, parameters);
        return payload ? payload->type : 0;
    };
    CHECK(find("") == 102);
    CHECK(find("profile-level-id=42e01f") == 114); // no mode is mode 0
    CHECK(find("packetization-mode=1") == 102);
    CHECK(find("packetization-mode=1;profile-level-id=xx") == 102);
}

TEST_CASE("a decoder takes the H.264 profiles that its own includes") {
    struct Pair {
        const char* decoder;
        const char* stream;
        bool fits;
    };
    for (const auto& [decoder, stream, fits] :
         {Pair{"42001f", "42e01f", true}, Pair{"4d001f", "42e01f", true}, Pair{"64001f", "42c01f", true},
          Pair{"640c1f", "640028", true}, Pair{"64001f", "4d001f", true}, Pair{"42e01f", "42001f", false},
          Pair{"42e01f", "4d001f", false}, Pair{"42e01f", "64001f", false}, Pair{"4d001f", "42001f", false},
          Pair{"4d001f", "64001f", false}, Pair{"64001f", "42001f", false}, Pair{"f4001f", "6e001f", false},
          Pair{"f4001f", "42e01f", false}, Pair{"nothex", "42001f", true}, Pair{"nothex", "64001f", false}}) {
        INFO(decoder << " and " << stream);
        CHECK((h264(decoderOf(decoder), stream) == 126) == fits);
    }
}

TEST_CASE("a VP9 stream goes to its profile, others to their encoding and clock") {
    const auto offer = readViewer(viewerFixture("chromium"));
    const auto type = [&](const char* encoding, std::uint32_t clock, const char* parameters) -> unsigned {
        const auto* payload = sdp::payloadFor(video(offer), encoding, clock, parameters);
        return payload ? payload->type : 0;
    };
    CHECK(type("VP9", 90000, "") == 98);
    CHECK(type("vp9", 90000, "profile-id=0") == 98);
    CHECK(type("VP9", 90000, "profile-id=2") == 100);
    CHECK(type("VP9", 90000, "profile-id=7") == 0);
    CHECK(type("AV1", 90000, "") == 45);
    CHECK(type("VP8", 48000, "") == 0);
    CHECK(type("H265", 90000, "") == 0);
    CHECK(type("rtx", 90000, "") == 0);
}

TEST_CASE("GStreamer's players leave out what is the same on the wire, and take it") {
    const auto whepsrc = readViewer(viewerFixture("whepsrc"));
    const auto* sound = sdp::payloadFor(*whepsrc.lineFor(MediaKind::audio), "opus", 48000, "");
    REQUIRE(sound);
    CHECK(sound->type == 96);
    CHECK(sound->channels.empty());
    for (const char* name : {"whepsrc", "gstreamer_h264"}) {
        INFO(name);
        const auto offer = readViewer(viewerFixture(name));
        for (const char* profile : {"42e01f", "42001f", "4d001f", "640028"}) {
            INFO(profile);
            CHECK(h264(offer, profile) == 103);
            CHECK(h264(offer, profile, "0") == 103);
        }
        CHECK(h264(offer, "42e01f", "2") == 0); // interleaved
    }
    // What is said comes before what is not.
    const auto both = readViewer(
        replaced(replaced(viewerFixture("gstreamer_h264"), "SAVPF 103", "SAVPF 103 110"), "a=recvonly\r\n",
                 "a=recvonly\r\na=rtpmap:110 H264/90000\r\n"
                 "a=fmtp:110 packetization-mode=1;profile-level-id=42e01f\r\n"));
    CHECK(h264(both, "42e01f") == 110);
    CHECK(h264(both, "640028") == 103);
}

TEST_CASE("a viewer of packetization mode 1 takes mode 0, and one of mode 0 no mode 1") {
    CHECK(h264(decoderOf("42e01f"), "42e01f", "0") == 126);
    const auto chromium = readViewer(viewerFixture("chromium"));
    CHECK(h264(chromium, "42e01f", "0") == 114); // before 108, which is mode 1
    const auto single =
        readViewer(replaced(viewerFixture("chromium"), "packetization-mode=1", "packetization-mode=0"));
    CHECK(h264(single, "42e01f") == 0);
}

TEST_CASE("Opus is Opus, however many channels are written; two are preferred") {
    const auto type = [](const std::string& written) -> unsigned {
        const auto offer = readViewer(replaced(audioAndVideoOffer(), "111 opus/48000/2", written));
        const auto* payload = sdp::payloadFor(*offer.lineFor(MediaKind::audio), "opus", 48000, "");
        return payload ? payload->type : 0;
    };
    CHECK(type("111 opus/48000") == 111);
    CHECK(type("111 OPUS/48000/1") == 111);
    CHECK(type("111 opus/48000/6") == 0);
    const auto two = readViewer(replaced(replaced(audioAndVideoOffer(), "SAVPF 111", "SAVPF 111 112"),
                                         "111 opus/48000/2", "111 opus/48000\r\na=rtpmap:112 opus/48000/2"));
    CHECK(sdp::payloadFor(*two.lineFor(MediaKind::audio), "opus", 48000, "")->type == 112);
}

TEST_CASE("a codec is named with what tells it from others of its name") {
    const sdp::Payload high{102, "H264", 90000, "",
                            "sprop-parameter-sets=Z0IA;profile-level-id=640028;packetization-mode=1"};
    CHECK(sdp::codecName(high) == "H264/90000 (profile-level-id=640028;packetization-mode=1)");
    CHECK(sdp::codecNames({{111, "opus", 48000, "6"}, {9, "G722", 8000}, {8, "G722", 8000}}) ==
          "G722/8000, opus/48000/6");
    CHECK(sdp::codecNames({}) == "none with an a=rtpmap");
    CHECK(sdp::codecNames(std::vector<sdp::Payload>(1, high)).size() < 100);
}

TEST_CASE("the transport is that of the line that the group names first") {
    std::string text = viewerFixture("talks");
    for (const char* attribute : {"a=ice-ufrag", "a=ice-pwd", "a=fingerprint", "a=setup", "a=rtcp-mux\r"})
        for (std::size_t at = text.find(attribute, text.find("m=video")); at != std::string::npos;
             at = text.find(attribute, at + 1))
            text.replace(at, 3, "a=x");
    const auto offer = readViewer(text);
    CHECK(offer.ice.ufrag == "abcd");
    CHECK(offer.lineFor(MediaKind::audio)->mid == "2");
    // Another's is not.
    const std::string balanced =
        audioAndVideoOffer() + "a=ice-ufrag:other\r\na=ice-pwd:others678901234567890123\r\n";
    CHECK(readViewer(balanced).ice.ufrag == "abcd");
    CHECK(readViewer(replaced(balanced, "BUNDLE 0 1", "BUNDLE 1 0")).ice.ufrag == "other");
}

TEST_CASE("what a viewer's offer lacks is named") {
    const auto without = [](const std::string& line) {
        return refused(replaced(audioAndVideoOffer(), line, "a=x"));
    };
    CHECK(contains(without("a=ice-ufrag:abcd").detail, "m-line 0 (video) has no a=ice-ufrag"));
    CHECK(contains(without("a=ice-pwd:0123456789012345678901").detail, "a=ice-pwd"));
    CHECK(contains(without("a=fingerprint").detail, "a=fingerprint"));
    CHECK(contains(without("a=setup:actpass").detail, "a=setup"));
    CHECK(contains(without("a=mid:1").detail, "m-line 1 (audio) has no a=mid"));
    CHECK(contains(without("a=rtcp-mux").detail, "a=rtcp-mux"));
    CHECK(contains(without("a=group:BUNDLE 0 1").detail, "a=group:BUNDLE"));
    CHECK(
        contains(refused(replaced(audioAndVideoOffer(), "BUNDLE 0 1", "BUNDLE 0")).detail, "a=group:BUNDLE"));
    CHECK(
        contains(refused(replaced(audioAndVideoOffer(), "BUNDLE 0 1", "BUNDLE 0\r\na=group:BUNDLE 1")).detail,
                 "a=group:BUNDLE"));
    CHECK(contains(refused(replaced(audioAndVideoOffer(), "a=mid:1", "a=mid:0")).detail, "a=mid:0"));
    CHECK(
        contains(refused(replaced(audioAndVideoOffer(), "UDP/TLS/RTP/SAVPF", "RTP/AVP")).detail, "RTP/AVP"));
    CHECK(contains(refused(replaced(audioAndVideoOffer(), "sha-256", "sha-1")).detail, "a=fingerprint"));
}

TEST_CASE("a viewer that would wait for our DTLS is refused, one that begins is taken") {
    const auto error = refused(replaced(audioAndVideoOffer(), "a=setup:actpass", "a=setup:passive"));
    CHECK(contains(error.detail, "a=setup of m-line 0 (video) is passive"));
    CHECK(contains(refused(replaced(audioAndVideoOffer(), "actpass", "holdconn")).detail, "holdconn"));
    CHECK(readViewer(replaced(audioAndVideoOffer(), "actpass", "active")).bundled);
}

TEST_CASE("an offer with nothing to send to is refused with the reason of each line") {
    const auto error = refused(replaced(audioAndVideoOffer(), "a=recvonly", "a=sendonly"));
    CHECK(error.kind == Kind::unsupported);
    CHECK(contains(error.detail, "m-line 0 (video) does not receive; m-line 1 (audio) does not receive"));
    CHECK(contains(refused(replaced(audioAndVideoOffer(), "a=recvonly", "a=inactive")).detail,
                   "does not receive"));
    CHECK(contains(refused(replaced(audioAndVideoOffer(), " 9 UDP", " 0 UDP")).detail, "port 0"));
    CHECK(contains(refused("v=0\r\n").detail, "no m-line"));
    CHECK(contains(refused("v=0\r\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n").detail,
                   "no m-line of audio or video"));
}

TEST_CASE("a line that receives alone needs no group, and one that sends too receives") {
    const auto alone = readViewer(replaced(videoOffer("0"), "a=group:BUNDLE 0\r\n", ""));
    CHECK_FALSE(alone.bundled);
    CHECK(readViewer(replaced(audioAndVideoOffer(), "a=recvonly", "a=sendrecv")).lineFor(MediaKind::video));
    CHECK(readViewer(replaced(audioAndVideoOffer(), "a=recvonly\r\n", "")).lineFor(MediaKind::audio));
}

TEST_CASE("hostile text of a viewer is refused with its reason") {
    const std::string good = audioAndVideoOffer();
    CHECK(refused("").kind == Kind::malformed);
    CHECK(contains(refused(good + std::string(std::size_t{64} * 1024, 'x')).detail, "at most 65536"));
    CHECK(contains(refused(good + std::string("a=x\0y\r\n", 7)).detail, "NUL"));
    CHECK(contains(refused(replaced(good, "a=mid:1", "a=mid:1 2")).detail, "a=mid of m-line 1"));
    CHECK(contains(refused(replaced(good, "a=mid:1", "a=mid:" + std::string(65, 'm'))).detail, "a=mid"));
    CHECK(contains(refused(good + "m=application 9 UDP/\rTLS x\r\n").detail, "m-line 2 (application)"));
    CHECK(contains(refused(good + "m=text 9 UDP//X x\r\n").detail, "not a token"));
    CHECK(contains(refused(good + "m=text 9 UDP x\xC3\xA4\r\n").detail, "not a token"));
    CHECK(
        contains(refused(replaced(good, "a=ice-ufrag:abcd", "a=ice-ufrag:ab\rd")).detail, "ICE characters"));
}
