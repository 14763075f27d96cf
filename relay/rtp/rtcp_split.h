// One feedback message in each RTCP packet, for SFUs that look up a packet's stream by the first SSRC that it
// names.
//
// GStreamer reports on all streams of a bundle in one compound packet and puts NACK and PLI behind that.
// Janus (seen with 1.1.2, and in its source up to 1.4) takes such a packet for one about the stream of the
// first report block, so that a PLI for a picture next to a voice never arrives. Pure code, any thread.
#pragma once

#include "relay/base/bytes.h"

#include <cstdint>
#include <vector>

namespace spillway::relay::rtp {

/// The compound packet as several: one without feedback, and each feedback message by itself behind an empty
/// report and the SDES, as RFC 4585 section 3.1 wants it. Empty when the packet is to be sent as it is: it is
/// broken, or has nothing to separate.
std::vector<std::vector<std::uint8_t>> splitFeedback(Bytes compound);

} // namespace spillway::relay::rtp
