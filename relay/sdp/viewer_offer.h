// The offer of a viewer, and our answer to it: we send, and are ICE-lite (WHEP, draft-ietf-wish-whep).
//
// Comes in: an SDP offer from anybody. Goes out: what of it a viewer can be sent, and the answer once it is
// clear which track goes on which line. Pure code, any thread.
#pragma once

#include "relay/queue/frame.h"
#include "relay/sdp/error.h"
#include "relay/sdp/fingerprint.h"
#include "relay/sdp/ice_credentials.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace spillway::relay::sdp {

/// One payload type that the viewer takes.
struct ViewerPayload {
    std::uint8_t type = 0;
    std::string encoding; ///< `VP8`, `H264`, `opus` …, as in a=rtpmap without the clock rate
    std::uint32_t clockRate = 90000;
    std::string channels;   ///< `2`; empty is none
    std::string parameters; ///< value of a=fmtp; may be empty
    bool nack = false;
    bool pli = false;
    bool fir = false;
    bool remb = false;
    bool transportCc = false;
    std::optional<std::uint8_t> rtx; ///< payload type of its RTX (RFC 4588)
};

struct ViewerExtension {
    std::uint8_t id = 0; ///< 1 to 14
    std::string uri;
    bool receiveOnly = false; ///< `/recvonly` (RFC 8285 section 7): the answer says `/sendonly`
};

/// One m-line of the offer, at its place.
struct ViewerLine {
    std::string kind; ///< `audio`, `video`, `application` …
    std::string protocol;
    std::string firstFormat;
    std::string mid;
    bool receives = false; ///< audio or video, recvonly or sendrecv, not rejected
    MediaKind media = MediaKind::video;
    std::vector<ViewerPayload> payloads; ///< in the viewer's order
    std::vector<ViewerExtension> extensions;
    bool reducedSizeRtcp = false;
};

struct ViewerOffer {
    std::vector<ViewerLine> lines;
    IceCredentials ice;
    Fingerprint fingerprint;
    bool bundled = false; ///< all lines that receive are in one group
    bool trickle = false;

    /// The first line of a kind that receives; null when there is none.
    const ViewerLine* lineFor(MediaKind kind) const;
};

/// Limits as for a publisher's offer. It must be bundled with rtcp-mux, be no `a=setup:passive`, and have at
/// least one line that receives.
std::variant<ViewerOffer, Error> readViewerOffer(std::string_view text);

/// The payload of the line that fits a codec: the encoding, clock rate and, of H.264 and VP9, the profile of
/// `parameters` (fmtp of the publisher's stream; may be empty). Of H.264 the same profile comes first, then
/// one that includes it. Null when the viewer cannot take it.
const ViewerPayload* payloadFor(const ViewerLine& line, std::string_view encoding, std::uint32_t clockRate,
                                std::string_view parameters);

/// What we send on one line.
struct SentLine {
    std::size_t line = 0; ///< index in ViewerOffer::lines
    ViewerPayload payload;
    std::string parameters; ///< a=fmtp of the answer; empty is none
    std::uint32_t ssrc = 0;
    std::uint32_t rtxSsrc = 0; ///< when payload.rtx is set
    std::string cname;
    std::string stream;                      ///< of a=msid: the participant
    std::string track;                       ///< of a=msid: the source
    std::vector<ViewerExtension> extensions; ///< those of the offer that we send
};

struct ViewerAnswer {
    IceCredentials ice;
    std::string fingerprint;             ///< value of a=fingerprint
    std::vector<std::string> candidates; ///< `candidate:…`, all there are
    std::vector<SentLine> sent;
};

/// ICE-lite, `a=setup:passive`, sendonly; lines that are not in `sent` are refused (port 0). In cname, stream
/// and track what is no token character becomes `_`, and 64 bytes are written.
std::string viewerAnswer(const ViewerOffer& offer, const ViewerAnswer& answer);

} // namespace spillway::relay::sdp
