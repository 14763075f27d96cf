#include "relay/rtp/keyframe_request.h"

#include "relay/rtp/rtcp_writer.h"

namespace spillway::relay::rtp {

std::vector<std::uint8_t> keyframeRequest(std::uint32_t sender, Bytes description, std::uint32_t media) {
    constexpr std::uint8_t pictureLoss = 1; // FMT, RFC 4585 section 6.3
    std::vector<std::uint8_t> packet = emptyReport(sender);
    packet.insert(packet.end(), description.begin(), description.end());
    appendHead(packet, pictureLoss, RtcpType::payloadFeedback, 2);
    append(packet, sender);
    append(packet, media);
    return packet;
}

} // namespace spillway::relay::rtp
