// One source pad of webrtcbin, from `pad-added` to its end: into a tee that has a consumer whenever data
// passes.
//
// Comes in: RTP packets from the jitter buffer. Goes out: the same packets, through the Marker, to the tee
// and its branches.
//
// It is awake or asleep. Awake, the tee has a drain or branches. A track that ends puts it to sleep: what
// still comes is dropped at the pad, drain and branches are gone. The tee stays linked, because a pad that is
// unlinked between the sticky events and the buffer of one push returns NOT_LINKED, and its jitter buffer
// stops for good. When data may come back on the same SSRC (a camera switched on again), the next packet
// wakes it: on that packet's thread it gets a fresh drain, so that even this packet has a consumer.
//
// The first packet after either start waits, for a moment at most, until the loop has attached those who wait
// for the track: it is mostly a keyframe, and the sender makes no other for a while.
//
// Owner: the Inputs of a Feeder; a Track borrows it while it is awake. Made on the streaming thread of
// `pad-added`; destroyed on the loop, when its pipeline is stopped or when it has been asleep for longer than
// a push lasts.
#pragma once

#include "relay/base/audience.h"
#include "relay/gst/probe.h"
#include "relay/gst/tee.h"
#include "relay/peer/settings.h"
#include "relay/rtp/format.h"
#include "relay/track/counters.h"
#include "relay/track/drain.h"
#include "relay/track/keyframe_broker.h"
#include "relay/track/marker.h"

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

namespace spillway::relay {

class TrackInput : public std::enable_shared_from_this<TrackInput> {
  public:
    /// Streaming thread: data flows into the drain from here on; the callee posts the news to the loop, where
    /// it may be asleep again already.
    using OnAwake = std::function<void(std::shared_ptr<TrackInput>)>;

    /// Streaming thread, inside `pad-added`: tee and drain play, the pad is linked and `onAwake` was called
    /// when this returns. Throws std::runtime_error when GStreamer lacks an element.
    static void start(const IncomingPad& incoming, OnAwake onAwake);
    TrackInput(const TrackInput&) = delete;
    TrackInput& operator=(const TrackInput&) = delete;
    ~TrackInput();

    /// Loop, after `onAwake`: whoever waited for the track has its branch.
    void letFirstPacketGo();

    std::uint32_t ssrc() const { return ssrc_; }
    const std::string& mid() const { return mid_; }
    MediaKind kind() const { return counters_->kind; }

    enum class Wake { onPacket, never };
    /// Loop. Puts it to sleep, if it is not asleep yet, until this wakes it. Branches must be gone or go
    /// right after.
    void wakeOn(Wake wake);
    bool awake() const;

    gst::Tee& tee() { return tee_; }
    const std::shared_ptr<TrackCounters>& counters() const { return counters_; }
    std::uint64_t drainedPackets() const { return drained_->load(std::memory_order_relaxed); }

    /// Any thread; takes no lock.
    bool draining() const { return draining_.load(std::memory_order_relaxed); }
    void armDrain();
    /// Somebody watches: packets come at once, not some together.
    void disarmDrain();

    /// Keyframes and wishes from below go to this broker from now on; null is nobody.
    void setBroker(std::shared_ptr<KeyframeBroker> broker);
    /// Sends a PLI in this turn; while no RTCP has left, and where the sender takes no PLI but FIR, one
    /// GstForceKeyUnit upstream, of which the RTP session makes the request when it may send one.
    void requestKeyframe();

    /// encoding-name and clock-rate of the caps; empty and 0 before there are any.
    std::string encoding() const;
    std::uint32_t clockRate() const;
    /// None before the caps came.
    std::optional<rtp::Format> format() const;

    /// True when a packet is being pushed through the tee at this instant. Never waits.
    bool insidePush() const;

  private:
    TrackInput(const IncomingPad& incoming, OnAwake onAwake);
    GstPadProbeReturn dropOrWake();
    void dropWhatComes();
    void setDrain(std::unique_ptr<Drain> drain); ///< under mutex_

    const gst::Ref<GstPad> source_;
    const std::string mid_;
    const std::uint32_t ssrc_;
    const OnAwake onAwake_;
    const std::function<void(const std::function<void()>&)> runDetoured_;
    const std::function<bool()> sendPli_;
    const std::shared_ptr<Audience> audience_;
    const std::shared_ptr<TrackCounters> counters_;
    const std::shared_ptr<std::atomic<std::uint64_t>> drained_;
    gst::Tee tee_;
    const std::shared_ptr<Marker> marker_;
    gst::PadProbe data_;
    gst::PadProbe upstream_;

    std::atomic<bool> draining_{false};
    /// Protects what follows between the loop and the packet that wakes, which holds it while it makes a
    /// drain; no packet takes it while awake.
    mutable std::mutex mutex_;
    std::unique_ptr<Drain> drain_;
    Audience::Seat seat_; ///< while somebody watches
    bool asleep_ = false;
    Wake wake_ = Wake::never;
};

} // namespace spillway::relay
