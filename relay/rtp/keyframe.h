// Where a keyframe starts in RTP, told from one packet. Pure; any thread; never reads past what it is given.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace spillway::relay {

/// What must be known of an RTP packet's header (RFC 3550 section 5.1).
struct RtpHeader {
    bool marker = false;
    std::uint8_t payloadType = 0;
    std::uint16_t sequence = 0;
    std::uint32_t timestamp = 0;
    std::uint32_t ssrc = 0;
    std::span<const std::uint8_t> payload; ///< without extension and padding

    /// Empty when the packet is none: version, or a length that its own fields contradict.
    static std::optional<RtpHeader> parse(std::span<const std::uint8_t> packet);
};

enum class PayloadFormat {
    vp8,   ///< RFC 7741
    vp9,   ///< RFC 9628
    h264,  ///< RFC 6184
    h265,  ///< RFC 7798
    av1,   ///< AV1 RTP payload format, section 4.4
    other, ///< video whose keyframes we cannot see: every packet may be one
    audio, ///< every packet can be decoded by itself
};

/// From caps: media "video"/"audio" and the encoding-name.
PayloadFormat payloadFormat(std::string_view media, std::string_view encoding);

/// Whether a packet with this payload is the first of a keyframe, or of the parameter sets right before one.
/// H.264 and H.265 may say so of several packets of one picture: KeyframeDetector tells the first.
bool startsKeyframe(PayloadFormat format, std::span<const std::uint8_t> payload);

/// Follows one stream, in order.
class KeyframeDetector {
  public:
    explicit KeyframeDetector(PayloadFormat format = PayloadFormat::other)
        : format_(format) {}

    /// True for the first packet of each keyframe: decoding can start with it.
    bool isStart(const RtpHeader& packet);

  private:
    PayloadFormat format_;
    std::optional<std::uint32_t> keyframeTimestamp_;
};

} // namespace spillway::relay
