// One RTP stream for a receiver, whatever happens to the publisher behind it.
//
// Comes in: sequence numbers and timestamps of packets of one incarnation of a track after another. Goes out:
// those of the one stream. Within an incarnation every gap stays a gap, even where our own queue dropped:
// to the receiver it is loss, and it must wait for a keyframe. From one incarnation to the next the sequence
// continues by 1, and the timestamp by the time that passed. One thread at a time.
#pragma once

#include "relay/base/clock.h"
#include "relay/rtp/packet.h"

#include <cstdint>
#include <optional>

namespace spillway::relay::rtp {

/// A time in units of a stream's clock, of which there are 2^32.
std::uint32_t ticks(Clock::duration duration, std::uint32_t clockRate);

class Continuity {
  public:
    struct Position {
        std::uint16_t sequence;
        std::uint32_t timestamp;
    };

    /// Starts at a random place (RFC 3550 section 5.1).
    Continuity();
    Continuity(std::uint16_t sequence, std::uint32_t timestamp)
        : last_{sequence, timestamp} {}

    /// The place of a packet that arrived at that time; `incarnation` is StreamFormat::incarnation.
    Position next(std::uint64_t incarnation, const Packet& packet, Clock::time_point arrived,
                  std::uint32_t clockRate);
    /// This packet is not sent and counts as no loss: it is only padding.
    void skip(std::uint64_t incarnation, const Packet& packet);
    /// Whether the packet is of another incarnation, or SSRC, than the one before.
    bool switches(std::uint64_t incarnation, const Packet& packet) const;

  private:
    struct Origin {
        std::uint64_t incarnation;
        std::uint32_t ssrc;
        bool operator==(const Origin&) const = default;
    };

    std::optional<Origin> origin_;
    std::uint16_t sequenceOffset_ = 0;
    std::uint32_t timestampOffset_ = 0;
    Position last_;
    Clock::time_point lastArrived_{};
};

} // namespace spillway::relay::rtp
