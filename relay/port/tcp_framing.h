// Datagrams on a TCP connection: each has its length before it, in 16 bits (RFC 4571 section 2, which RFC
// 6544 section 3 uses for STUN too). Pure code, any thread.
//
// Comes in: what a connection brought, in whatever pieces. Goes out: whole datagrams. Of one that is not
// whole yet a copy waits.
#pragma once

#include "relay/base/bytes.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>

namespace spillway::relay::port {

constexpr std::size_t frameHeaderBytes = 2;

class FrameReader {
  public:
    /// Bytes of a datagram; no UDP path carries more, so no remote sends more.
    static constexpr std::size_t maxFrame = 1500;

    /// False when a longer one is announced: the rest of the stream is then unreadable. What is handed out is
    /// valid during the call. Empty frames are nothing.
    [[nodiscard]] bool read(Bytes stream, const std::function<void(Bytes)>& each);

  private:
    std::size_t wanted() const;

    std::array<std::uint8_t, frameHeaderBytes + maxFrame> part_{}; ///< a frame's beginning
    std::size_t held_ = 0;                                         ///< bytes of it
};

} // namespace spillway::relay::port
