// What a buffer says as an RTP packet, where no marker has read it.
#pragma once

#include "relay/gst/buffer_map.h"
#include "relay/rtp/packet.h"

namespace spillway::test {

inline std::optional<relay::rtp::Packet> packetIn(GstBuffer* buffer, std::uint8_t playoutDelayId = 0) {
    return relay::rtp::readPacket(gst::BufferMap(buffer).bytes(), playoutDelayId);
}

} // namespace spillway::test
