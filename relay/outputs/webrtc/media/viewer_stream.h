// One track as one viewer receives it: RTP under a header of our own, and RTX.
//
// Comes in: packets as the publisher sent them, in order, from one incarnation of the track after another,
// with drops of the viewer's queue (Frame::discontinuity). Goes out: one stream for the viewer, written into
// the caller's memory, not yet encrypted: own SSRC, payload type, mid and header extensions (RFC 8285) as its
// offer has them. The sequence continues by 1 over drops of the queue, from incarnation to incarnation and
// over reconnects (what was lost upstream stays a gap, which the viewer may ask for), the timestamp by the
// time that passed; VP8 picture ids and TL0PICIDX continue too (RFC 7741 section 4.2). The payload is copied
// once, here. Worker thread.
#pragma once

#include "relay/base/bytes.h"
#include "relay/outputs/webrtc/media/packet_ring.h"
#include "relay/queue/frame.h"
#include "relay/rtp/sender_report.h"
#include "relay/values/viewing.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace spillway::relay::webrtc {

/// Ids of header extensions in the viewer's offer, 1 to 14 (one-byte headers); 0 is not offered.
struct ExtensionIds {
    std::uint8_t mid = 0;               ///< RFC 9143
    std::uint8_t absSendTime = 0;       ///< 3 bytes, 6.18 fixed point seconds
    std::uint8_t transportSequence = 0; ///< draft-holmer-rmcat-transport-wide-cc-extensions-01
    std::uint8_t playoutDelay = 0;      ///< passed through from the publisher

    bool operator==(const ExtensionIds&) const = default;
};

/// What was agreed with the viewer for one m-line.
struct ViewerStreamSettings {
    MediaKind kind = MediaKind::video;
    std::string mid;
    std::string encoding; ///< `VP8`, `H264`, `opus` …
    std::uint32_t clockRate = 90000;
    std::uint8_t payloadType = 0;
    std::uint32_t ssrc = 0;
    std::optional<std::uint8_t> rtxPayloadType; ///< RFC 4588
    std::uint32_t rtxSsrc = 0;
    bool nack = false;
    std::string cname; ///< the same for audio and video that are to play in sync
    ExtensionIds extensions;

    /// Without RTX a retransmission is the same packet again, to the last bit (srtp/session.h): absSendTime
    /// and transportSequence are then left out, whatever was offered.
    bool mayChangeWithTime() const { return rtxPayloadType.has_value(); }
};

class ViewerStream {
  public:
    /// Longest that write() makes of a packet: header, extensions, RTX' two bytes.
    static constexpr std::size_t maxHeader = 64;

    explicit ViewerStream(ViewerStreamSettings settings);
    ~ViewerStream();
    ViewerStream(const ViewerStream&) = delete;
    ViewerStream& operator=(const ViewerStream&) = delete;

    /// The packet of this frame, ready to be protected: bytes written, or 0 when there is nothing to send
    /// (no packet, padding alone, or so late that its number is another's) or it does not fit.
    /// `transportSequence` is the viewer's own counter and is counted on when it was used.
    std::size_t write(const Frame& frame, std::uint16_t& transportSequence, Clock::time_point now,
                      MutableBytes into);
    /// The same with the payload of the frame's packet, where that is at hand.
    std::size_t write(const Frame& frame, Bytes payload, std::uint16_t& transportSequence,
                      Clock::time_point now, MutableBytes into);
    /// What the viewer asks for once more, by the sequence number that it knows. 0 when it is not there any
    /// more, or was retransmitted within the last round trip.
    std::size_t retransmit(std::uint16_t sequence, const PacketRing& ring, std::uint16_t& transportSequence,
                           Clock::time_point now, MutableBytes into);
    /// Lengthens a packet by RTP padding (RFC 3550 section 5.1) so that a burst can be segmented evenly; at
    /// least one byte, at most 255; unchanged when that does not do. The new size. Not for a stream that
    /// retransmits without RTX: its packets would not be the same again.
    static std::size_t pad(std::uint8_t* packet, std::size_t bytes, std::size_t wanted);

    /// Where the stream is now in RTP and wall time; nothing before the first packet.
    std::optional<rtp::SenderReport> report(Clock::time_point now) const;
    /// Whether a report would hold (rtp::WallClock).
    bool mayReport(Clock::time_point now) const;
    /// The viewer's measured round trip; limits how often one packet is sent again.
    void setRoundTrip(Clock::duration time);

    const ViewerStreamSettings& settings() const;
    void countKeyframeWanted();
    const ViewerCounters& counters() const;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace spillway::relay::webrtc
