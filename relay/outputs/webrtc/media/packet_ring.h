// The recent packets of one track, for retransmissions to all its viewers of one worker (RFC 4585 section
// 6.2.1). Bounded in packets and bytes; the media is shared with the queues, not copied. Worker thread.
#pragma once

#include "relay/queue/frame.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace spillway::relay::webrtc {

class PacketRing {
  public:
    static constexpr std::size_t packets = 1024; ///< a power of two
    static constexpr std::size_t maxBytes = std::size_t{2} * 1024 * 1024;

    PacketRing();

    /// Called for each viewer; a packet that is there already, or was, is not kept twice. `frame.arrived`
    /// grows from packet to packet. A frame that is no packet is not kept.
    void put(const Frame& frame);
    /// Null when the packet is too old, was never there, or is of another incarnation or SSRC.
    const Frame* find(std::uint64_t incarnation, std::uint32_t ssrc, std::uint16_t sequence) const;
    std::size_t bytes() const { return bytes_; }

  private:
    void evict();

    std::vector<Frame> frames_;         ///< as they came, from oldest_ on; an empty place has no packet
    std::vector<std::uint16_t> places_; ///< in frames_, by sequence number modulo packets
    std::size_t oldest_ = 0;
    std::size_t count_ = 0;
    std::size_t bytes_ = 0;
    Clock::time_point goneUntil_ = Clock::time_point::min(); ///< arrival of the last that was evicted
};

} // namespace spillway::relay::webrtc
