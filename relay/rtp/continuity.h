// One RTP stream for a receiver, whatever happens to the sources behind it.
//
// Comes in: sequence numbers and timestamps of packets of one source after another. Goes out: those of the
// one stream. Within a source every gap stays a gap, also where our own queue dropped, because to the
// receiver it is loss and it must wait for a keyframe. From one source to the next the sequence goes on by 1,
// and the timestamp by the time that passed. One thread at a time.
#pragma once

#include "relay/base/clock.h"
#include "relay/rtp/packet.h"

#include <cstdint>
#include <optional>

namespace spillway::relay {

/// A time in units of a stream's clock, of which there are 2^32.
std::uint32_t rtpTicks(Clock::duration duration, std::uint32_t clockRate);

class RtpContinuity {
  public:
    struct Position {
        std::uint16_t sequence;
        std::uint32_t timestamp;
    };

    /// Starts at a random place (RFC 3550 section 5.1).
    RtpContinuity();
    RtpContinuity(std::uint16_t sequence, std::uint32_t timestamp)
        : last_{sequence, timestamp} {}

    /// Where a packet goes that arrived then; `source` is StreamFormat::source.
    Position next(std::uint64_t source, const RtpPacket& packet, Clock::time_point arrived,
                  std::uint32_t clockRate);
    /// This packet is not sent, and is no loss: padding alone.
    void skip(std::uint64_t source, const RtpPacket& packet);
    /// Does the packet come from another source than the one before?
    bool switches(std::uint64_t source, const RtpPacket& packet) const;

  private:
    struct Origin {
        std::uint64_t source;
        std::uint32_t ssrc;
        bool operator==(const Origin&) const = default;
    };

    std::optional<Origin> origin_;
    std::uint16_t sequenceOffset_ = 0;
    std::uint32_t timestampOffset_ = 0;
    Position last_;
    Clock::time_point lastArrived_{};
};

} // namespace spillway::relay
