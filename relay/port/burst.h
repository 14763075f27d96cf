// Packets, one behind the other in one piece of memory, and how those to one path can leave together. Worker
// thread.
#pragma once

#include "relay/base/bytes.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace spillway::relay::port {

/// Neighbours of one size; the last may be shorter.
struct Run {
    std::uint8_t* data = nullptr;
    std::size_t bytes = 0;
    std::uint16_t segment = 0; ///< bytes of each but the last
    std::size_t packets = 0;
};

class Burst {
  public:
    static constexpr std::size_t maxPackets = 64; ///< the kernel's bound for one UDP_SEGMENT too
    static constexpr std::size_t maxPacket = 2048;
    static constexpr std::size_t maxRunBytes = 65000; ///< an IP packet's length, with room for headers

    MutableBytes room(std::size_t bytes);
    void add(std::size_t bytes);
    void clear();

    std::size_t packets() const { return packets_; }
    /// Of the packets from `first` to before `end`, which go to one path. Valid until the next call. Without
    /// `together` each packet is a run of its own.
    std::span<const Run> runs(std::size_t first, std::size_t end, bool together);

  private:
    std::vector<std::uint8_t> memory_ = std::vector<std::uint8_t>(maxPackets * maxPacket);
    std::array<std::uint16_t, maxPackets> sizes_{};
    std::array<std::size_t, maxPackets> places_{}; ///< in memory_
    std::array<Run, maxPackets> runs_;
    std::size_t packets_ = 0;
    std::size_t used_ = 0; ///< bytes
};

} // namespace spillway::relay::port
