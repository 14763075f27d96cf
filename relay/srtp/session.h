// SRTP and SRTCP with one viewer (RFC 3711, RFC 7714), by libsrtp but for the RTP of AES-GCM (gcm.h).
// Works in place. Worker thread.
#pragma once

#include "relay/base/bytes.h"
#include "relay/base/clock.h"
#include "relay/srtp/keys.h"

#include <cstddef>
#include <cstdint>
#include <memory>

namespace spillway::relay::srtp {

class Session {
  public:
    /// Room that protect() and protectRtcp() may need behind the packet, bytes.
    static constexpr std::size_t trailer = 32;
    /// SSRCs that a viewer may send RTCP with at a time; from more it is dropped.
    static constexpr std::size_t maxSenders = 64;

    /// Throws std::runtime_error.
    explicit Session(const Keys& keys);
    ~Session();
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    /// The new size in bytes; 0 when it cannot be (the packet is not to be sent then). Any SSRC. The same
    /// packet may be protected again only if it is the same to the last bit: with AES-GCM anything else would
    /// give away the key.
    std::size_t protect(std::uint8_t* packet, std::size_t bytes);
    std::size_t protectRtcp(std::uint8_t* packet, std::size_t bytes);
    /// What came in; 0 when it is forged, replayed or broken.
    std::size_t unprotectRtcp(MutableBytes packet, Clock::time_point now);

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace spillway::relay::srtp
