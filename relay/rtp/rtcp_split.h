// One feedback message in each RTCP packet, for SFUs that look up a packet's stream by the first SSRC that it
// names.
//
// GStreamer reports on all streams of a bundle in one compound packet and puts NACK and PLI behind that.
// Janus (seen with 1.1.2, and in its source up to 1.4) takes such a packet for one about the stream of the
// first report block, so that a PLI for a picture next to a voice never arrives. Behind an empty report it
// finds the stream of a NACK, but takes a PLI for one for the first picture of all.
//
// Comes in: compound packets of one session. Goes out: packets for the same wire. Owner: whoever sends. One
// thread at a time.
#pragma once

#include "relay/base/bytes.h"
#include "relay/rtp/rtcp.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

namespace spillway::relay::rtp {

class FeedbackSplitter {
  public:
    /// The compound packet as several: one without feedback, and each feedback message by itself behind a
    /// report and the SDES, as RFC 4585 section 3.1 wants it. Of a PLI the report is about the stream that is
    /// meant, as it was reported last, or with nothing known; else it is empty. No parts when the packet is
    /// to be sent as it is: it is broken, or already in that form.
    std::vector<std::vector<std::uint8_t>> split(Bytes compound);

  private:
    static constexpr std::size_t blockBytes = 24; ///< RFC 3550 section 6.4.1
    static constexpr std::size_t maxBlocks = 1024;

    void note(const RtcpPacket& report);
    std::vector<std::uint8_t> reportFor(const RtcpPacket& feedback) const;

    std::map<std::uint32_t, std::array<std::uint8_t, blockBytes>> reported_; ///< the last, by SSRC
};

} // namespace spillway::relay::rtp
