// Offers as viewers write them: Firefox's follows what it writes, the others are recorded, of GStreamer
// without candidates.
#pragma once

#include "relay/sdp/fixtures.h"
#include "relay/sdp/viewer_offer.h"

#include <array>
#include <string>

namespace spillway::test {

inline constexpr std::array viewers{"chromium",  "libwebrtc",      "firefox", "pion",
                                    "pion_both", "aiortc",         "werift",  "gstreamer",
                                    "whepsrc",   "gstreamer_h264", "talks"};

inline const std::string viewerFingerprint = "sha-256 00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:"
                                             "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF";

inline std::string viewerFixture(const std::string& name) {
    return fixture("viewer_" + name + ".sdp");
}

/// Session part with transport parameters and `more`, and one line of video with VP8, VP9 and an RTX.
inline std::string videoOffer(const std::string& group, const std::string& more = {}) {
    return "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=group:BUNDLE " + group +
           "\r\na=setup:actpass\r\na=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\n"
           "a=fingerprint:" +
           viewerFingerprint + "\r\n" + more +
           "m=video 9 UDP/TLS/RTP/SAVPF 96 98 99\r\na=mid:0\r\na=rtcp-mux\r\na=recvonly\r\n"
           "a=rtpmap:96 VP8/90000\r\na=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\n"
           "a=rtpmap:98 VP9/90000\r\na=fmtp:98 profile-id=0\r\na=rtpmap:99 rtx/90000\r\na=fmtp:99 apt=98\r\n"
           "a=rtcp-fb:* nack\r\na=rtcp-fb:* ccm  fir\r\na=rtcp-fb:96 nack pli\r\n";
}

inline std::string audioAndVideoOffer(const std::string& more = {}) {
    return videoOffer("0 1", more) +
           "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:1\r\na=rtcp-mux\r\na=recvonly\r\n"
           "a=rtpmap:111 opus/48000/2\r\n";
}

inline relay::sdp::ViewerOffer readViewer(const std::string& text) {
    auto read = relay::sdp::readViewerOffer(text);
    if (const auto* error = std::get_if<relay::sdp::Error>(&read)) FAIL(error->detail);
    return std::get<relay::sdp::ViewerOffer>(std::move(read));
}

} // namespace spillway::test
