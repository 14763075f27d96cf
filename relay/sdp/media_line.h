// One m-line of a description: the model that publishers, SFUs, servers that answer us and viewers share.
// Pure code, any thread.
#pragma once

#include "relay/values/media_kind.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace spillway::relay::sdp {

/// One payload type. RTX (RFC 4588) is a property of the payload that it repeats, not a payload of its own.
struct Payload {
    std::uint8_t type = 0;
    std::string encoding; ///< `VP8`, `H264`, `opus` …, as in a=rtpmap without the clock rate
    std::uint32_t clockRate = 90000;
    std::string channels = {};   ///< `2`; empty is none
    std::string parameters = {}; ///< value of a=fmtp; may be empty
    bool nack = false;
    bool pli = false;
    bool fir = false;
    bool remb = false;
    bool transportCc = false;
    std::optional<std::uint8_t> rtx = {}; ///< payload type of its RTX
};

/// A header extension (RFC 8285).
struct Extension {
    std::uint8_t id = 0; ///< 1 to 14
    std::string uri;
    std::string direction = {}; ///< `recvonly` or another that limits it (section 7); else empty
};

/// One m-line, at its place.
struct MediaLine {
    std::string kind; ///< `audio`, `video`, `application` …
    std::string protocol;
    std::string firstFormat;
    std::string mid;      ///< empty only for a line that is not carried
    bool carried = false; ///< its author sends (a viewer: receives) on it what we can carry
    bool bundled = false; ///< in the BUNDLE group that has all lines that are carried
    /// A line of media that this group names first: its transport is that of all (RFC 9143
    /// section 7.1.3).
    bool tagged = false;

    // For the line lens (line_lens.h), which viewers' offers do not pass:
    bool named = true;  ///< the peer's description has it
    bool shown = false; ///< webrtcbin sees it; a line that once sent stays in sight

    std::vector<Payload> payloads; ///< in the author's order of preference; if carried, those that are

    // Only for a line that is carried, or that was when it was last shown:
    MediaKind media = MediaKind::video;
    std::vector<Extension> extensions;
    std::vector<std::uint32_t> ssrcs;
    bool reducedSizeRtcp = false;

    bool wantsNack() const;
    bool names(std::uint32_t ssrc) const;
    bool takes(unsigned payloadType) const; ///< also as an RTX
};

} // namespace spillway::relay::sdp
