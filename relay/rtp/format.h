// What an RTP stream carries, for those who send and describe it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

using GstCaps = struct _GstCaps;

namespace spillway::relay::rtp {

struct Format {
    std::string media = "video"; ///< of the m-line
    std::string encoding;        ///< `VP8`, as in a=rtpmap, with the channels behind a slash for audio
    std::uint32_t clockRate = 90000;
    /// Of our own and the same for every stream of a codec, whatever the publisher chose: VP8 96, VP9 98,
    /// H264 102, H265 104, AV1 106, OPUS 111, any other 120.
    std::uint8_t payloadType = 120;
    std::string parameters; ///< of a=fmtp; empty is none

    bool operator==(const Format&) const = default;
};

/// From caps `application/x-rtp`.
Format formatOf(const GstCaps* caps);

/// The id of a header extension (RFC 8285) by the caps, where webrtcbin names those of the line as
/// `extmap-5=<uri>`; 0 when they have none.
std::uint8_t extensionId(const GstCaps* caps, std::string_view uri);

} // namespace spillway::relay::rtp
