// One incarnation of a track: from a source pad of webrtcbin into a tee that always has a consumer.
//
// Comes in: RTP packets from the jitter buffer. Goes out: the same packets, marked DELTA_UNIT unless a
// keyframe starts with them, counted and stamped, to the tee and its branches. Keyframe requests from below
// go to the broker. Made on the streaming thread of `pad-added` (or of the packet that wakes a sleeping pad);
// all else on the loop.
#pragma once

#include "relay/drain.h"
#include "relay/gst/probe.h"
#include "relay/gst/tee.h"
#include "relay/keyframe_broker.h"
#include "relay/loop.h"
#include "relay/track_counters.h"

#include <memory>
#include <string>

namespace spillway::relay {

class TrackInput {
  public:
    /// Tee and drain play and the pad is linked when this returns. Throws std::runtime_error.
    TrackInput(GstPad* source, GstElement* pipeline, MediaKind kind);
    TrackInput(const TrackInput&) = delete;
    TrackInput& operator=(const TrackInput&) = delete;
    ~TrackInput();

    /// Unlinks the source pad as soon as no packet is under way in it, then disposes everything on the loop.
    /// The pad must already drop what comes (TrackSource::sleep) or its pipeline be stopped.
    static void retire(Loop& loop, std::unique_ptr<TrackInput> input);

    gst::Tee& tee() { return tee_; }
    const std::shared_ptr<TrackCounters>& counters() const { return counters_; }
    std::uint64_t drainedPackets() const { return drained_->load(std::memory_order_relaxed); }

    bool draining() const { return drain_ != nullptr; }
    void armDrain();
    void disarmDrain() { drain_.reset(); }

    /// Keyframes that start and wishes from below are told to it from now on.
    void setBroker(std::shared_ptr<KeyframeBroker> broker);
    /// Sends one GstForceKeyUnit upstream; the RTP session makes a PLI of it.
    void requestKeyframe();

    /// encoding-name and clock-rate of the caps; empty and 0 before there are any.
    std::string encoding() const;
    std::uint32_t clockRate() const;

    /// True when a packet is being pushed through the tee at this instant. Never waits.
    bool insidePush() const;

  private:
    struct Marker;

    gst::Ref<GstPad> source_;
    std::shared_ptr<TrackCounters> counters_;
    std::shared_ptr<std::atomic<std::uint64_t>> drained_;
    std::shared_ptr<Marker> marker_;
    gst::Tee tee_;
    gst::PadProbe data_;
    gst::PadProbe upstream_;
    std::unique_ptr<Drain> drain_;
};

} // namespace spillway::relay
