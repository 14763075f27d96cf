// Which of the viewer's sequence numbers is which of a publisher's packets, both ways.
//
// Within an incarnation of a track what is missing upstream stays missing; what our own queue dropped and
// padding alone is no gap, and from one incarnation to the next the sequence continues by 1 and the timestamp
// by the time that passed. A stretch of packets with the same offsets is a segment; some are remembered, so
// that late packets and requests for a retransmission find theirs. No number is given out twice: with AES-GCM
// another packet under the same number would give away the key (RFC 7714 section 9.1). One thread at a time.
#pragma once

#include "relay/outputs/webrtc/media/packet_ring.h"
#include "relay/queue/frame.h"
#include "relay/rtp/packet.h"
#include "relay/rtp/vp8_descriptor.h"

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace spillway::relay::webrtc {

class SequenceMap {
  public:
    static constexpr std::size_t maxSegments = 16;
    /// A packet further behind than this is not late: the publisher has started again.
    static constexpr std::size_t window = PacketRing::packets;
    /// How long after the end of an incarnation packets of it may still come.
    static constexpr std::chrono::milliseconds lateness{500};

    struct Segment {
        std::uint64_t incarnation = 0; ///< StreamFormat::incarnation
        std::uint32_t ssrc = 0;
        std::uint16_t sequenceOffset = 0; ///< viewer's less publisher's
        std::uint32_t timestampOffset = 0;
        std::uint64_t first = 0; ///< viewer's number, which goes on beyond 16 bits
        std::uint64_t last = 0;
        Clock::time_point arrived; ///< of the newest packet
        rtp::Vp8Offsets vp8;
    };
    struct Place {
        Segment* segment; ///< until the next call
        std::uint16_t sequence;
        std::uint32_t timestamp;
        bool starts; ///< the first packet of an incarnation
        bool late;   ///< later ones came before
    };

    /// Starts at a random place (RFC 3550 section 5.1).
    explicit SequenceMap(std::uint32_t clockRate);
    SequenceMap(std::uint32_t clockRate, std::uint16_t sequence, std::uint32_t timestamp);

    /// Where a packet goes; nothing when it has no place any more. `dropped`: our queue did, before this one.
    std::optional<Place> place(std::uint64_t incarnation, const rtp::Packet& packet,
                               Clock::time_point arrived, bool dropped);
    /// The packet of the last place() could not be sent.
    void giveBack(const Place& place);
    /// This packet is not sent and leaves no gap: it is only padding.
    void skip(std::uint64_t incarnation, const rtp::Packet& packet, bool dropped);
    /// Where a number of the viewer came from; null when it was not given out, or more than `window` ago.
    const Segment* find(std::uint16_t sequence) const;

  private:
    Segment& current() { return segments_[newestSegment_]; }
    bool isCurrent(std::uint64_t incarnation, std::uint32_t ssrc) const;
    int ahead(const rtp::Packet& packet) const;
    bool leapsBy(std::uint64_t distance) const;
    void rewind();
    void open(const Segment& segment);
    void startIncarnation(std::uint64_t incarnation, const rtp::Packet& packet, Clock::time_point arrived);
    void count(unsigned numbers);
    bool mayBeLate(std::uint64_t incarnation, const rtp::Packet& packet, Clock::time_point arrived);
    std::optional<Place> placeLate(std::uint64_t incarnation, const rtp::Packet& packet,
                                   Clock::time_point arrived);
    Segment* segmentOf(std::uint64_t incarnation, const rtp::Packet& packet, Clock::time_point arrived);

    std::uint32_t clockRate_;
    std::array<Segment, maxSegments> segments_;
    std::size_t newestSegment_ = 0;
    std::size_t segmentCount_ = 0;
    std::bitset<window> given_;         ///< by number modulo window
    std::uint64_t last_;                ///< newest of the viewer's numbers, given out or missing
    std::uint64_t lastGiven_;           ///< newest that was given out
    std::uint64_t givenBefore_;         ///< the one before it
    std::uint32_t lastTimestamp_;       ///< of the viewer
    std::uint16_t publisherNewest_ = 0; ///< sequence number of the current incarnation
    std::uint16_t skipped_ = 0;         ///< since the current segment
    bool dropped_ = false;              ///< since the newest packet
};

} // namespace spillway::relay::webrtc
