// What a publisher is told to send at most, by REMB.
//
// Comes in: a limit, or that there is none any more. Goes out: RTCP packets of our own (rtcp_exit.h), in the
// turn in which it was decided. Repeats each, since one may be lost: at growing distance, a limit for as long
// as it holds, so that a sender that changes its path is told again.
//
// Owner: the Peer. Loop thread.
#pragma once

#include "relay/base/loop.h"
#include "relay/gst/ref.h"
#include "relay/peer/rtcp_exit.h"

#include <gst/gst.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace spillway::relay {

class RateLimit {
  public:
    /// Throws std::runtime_error when webrtcbin has no rtpbin.
    RateLimit(Loop& loop, GstElement* webrtcbin, std::shared_ptr<RtcpExit> exit);
    RateLimit(const RateLimit&) = delete;
    RateLimit& operator=(const RateLimit&) = delete;

    /// Whose limit it is.
    void setSsrcs(std::vector<std::uint32_t> ssrcs) { ssrcs_ = std::move(ssrcs); }

    /// Bits per second of all that the publisher sends; nothing frees it.
    void set(std::optional<std::uint64_t> limit);
    std::optional<std::uint64_t> limit() const { return limit_; }

  private:
    void tell();

    Loop& loop_;
    gst::Ref<GstElement> rtpbin_;
    std::vector<std::uint32_t> ssrcs_;
    std::optional<std::uint64_t> limit_;
    std::chrono::milliseconds distance_{0}; ///< to the next repetition
    const std::shared_ptr<RtcpExit> exit_;
    Timer timer_;
};

} // namespace spillway::relay
