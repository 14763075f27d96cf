// RTCP that comes in by SRTCP, by libsrtp. Works in place. One thread at a time.
//
// Whoever has the keys can send with ever new SSRCs, and libsrtp keeps 15 KB for each, as do those behind us
// their own, also for those that a packet reports of or describes beside its sender: so the number of all has
// a bound. One that says nothing for a while makes place for another.
#pragma once

#include "relay/base/clock.h"
#include "relay/srtp/libsrtp.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <unordered_map>

namespace spillway::relay::srtp {

class RtcpReceiver {
  public:
    /// A sender reports every few seconds (RFC 3550 section 6.2); one that was silent for this long may go.
    static constexpr std::chrono::seconds silence{30};

    /// Throws std::runtime_error.
    RtcpReceiver(Profile profile, Bytes key, std::size_t maxSenders);

    /// The new size in bytes; 0 when the packet is forged, replayed, malformed or of one sender too many.
    std::size_t unprotect(MutableBytes packet, Clock::time_point now);

  private:
    bool admits(std::uint32_t sender, Clock::time_point now);
    bool hasPlace(Clock::time_point now);

    LibsrtpSession session_;
    const std::size_t maxSenders_;
    std::unordered_map<std::uint32_t, Clock::time_point> senders_; ///< when they were last heard
};

} // namespace spillway::relay::srtp
