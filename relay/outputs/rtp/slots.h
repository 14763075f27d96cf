// Which track of a subscription is sent to which pair of ports, and what of a stream outlives the track.
//
// A slot is a name's from its first track until the subscription ends, or until all slots are taken and
// another name needs the one that was used the longest ago. Owner: the RTP group. Main loop, but for what a
// Lease gives access to: that is the output loop's.
#pragma once

#include "relay/rtp/continuity.h"
#include "relay/values/track_name.h"

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>

namespace spillway::relay {

/// One stream to the receiver.
struct RtpSlot {
    RtpSlot(std::uint32_t slotIndex, std::uint32_t slotSsrc)
        : index(slotIndex)
        , ssrc(slotSsrc) {}

    const std::uint32_t index;
    const std::uint32_t ssrc;

    // Output loop thread.
    rtp::Continuity continuity;
    std::uint32_t packets = 0; ///< as sender reports count: modulo 2^32
    std::uint32_t octets = 0;

    // Any thread.
    std::atomic<int> users{0};
    std::atomic<Clock::rep> lastUsed{0};
};

/// Keeps a slot from being given to another name. Movable; any thread.
class RtpLease {
  public:
    explicit RtpLease(std::shared_ptr<RtpSlot> slot)
        : slot_(std::move(slot)) {
        ++slot_->users;
    }
    RtpLease(RtpLease&&) noexcept = default;
    RtpLease& operator=(RtpLease&&) = delete;
    ~RtpLease() {
        if (!slot_) return;
        slot_->lastUsed = Clock::now().time_since_epoch().count();
        --slot_->users;
    }
    RtpSlot& operator*() const { return *slot_; }
    RtpSlot* operator->() const { return slot_.get(); }

  private:
    std::shared_ptr<RtpSlot> slot_;
};

class RtpSlots {
  public:
    explicit RtpSlots(std::uint32_t count)
        : count_(count) {}

    /// Throws std::runtime_error when all slots are in use by others.
    RtpLease take(const TrackName& track);

  private:
    std::uint32_t freeIndex();

    std::uint32_t count_;
    std::map<TrackName, std::shared_ptr<RtpSlot>> slots_;
};

} // namespace spillway::relay
