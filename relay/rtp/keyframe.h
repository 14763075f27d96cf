// Where a keyframe starts in RTP, judged by one packet. Pure; any thread; never reads past what it is given.
#pragma once

#include "relay/base/bytes.h"

#include <cstdint>
#include <optional>
#include <string_view>

namespace spillway::relay::rtp {

enum class PayloadFormat {
    vp8,   ///< RFC 7741
    vp9,   ///< RFC 9628
    h264,  ///< RFC 6184
    h265,  ///< RFC 7798
    av1,   ///< AV1 RTP payload format, section 4.4
    other, ///< video whose keyframes we cannot see: every packet may be one
    audio, ///< every packet can be decoded alone
};

/// From caps: media "video"/"audio" and the encoding-name.
PayloadFormat payloadFormat(std::string_view media, std::string_view encoding);

/// Whether a packet with this payload is the first of a keyframe, or of the parameter sets right before one.
/// H.264 and H.265 may say so of several packets of one picture: KeyframeDetector finds the first. A recovery
/// point of theirs counts as a keyframe: with gradual refresh there is no other.
bool startsKeyframe(PayloadFormat format, Bytes payload);

/// Follows one stream, in order.
class KeyframeDetector {
  public:
    explicit KeyframeDetector(PayloadFormat format = PayloadFormat::other)
        : format_(format) {}

    /// Whether a packet is the first of a keyframe: decoding can start with it.
    bool isStart(std::uint32_t timestamp, Bytes payload);

  private:
    PayloadFormat format_;
    std::optional<std::uint32_t> keyframeTimestamp_;
};

} // namespace spillway::relay::rtp
