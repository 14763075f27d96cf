// What each packet of a track passes before the tee.
//
// Comes in: RTP packets, the caps before them, and requests for a keyframe from below. Goes out: the same
// packets, flagged DELTA_UNIT unless a keyframe starts with them, counted, and read once for all branches
// (TrackCounters); news of keyframes and wishes for them, to the broker. Requests from below end here.
//
// The first packet waits, for a moment at most, until the loop lets it go. Shared by the probes,
// which may outlive the input. Streaming thread, but where it says any thread.
#pragma once

#include "relay/base/hold.h"
#include "relay/rtp/keyframe.h"
#include "relay/track/counters.h"
#include "relay/track/keyframe_broker.h"

#include <gst/gst.h>

#include <atomic>
#include <memory>

namespace spillway::relay {

class Marker {
  public:
    explicit Marker(std::shared_ptr<TrackCounters> counters);

    /// Of buffers, lists of them, and events downstream.
    GstPadProbeReturn onData(GstPadProbeInfo* info);
    /// Of events upstream.
    GstPadProbeReturn onUpstream(GstPadProbeInfo* info);

    /// Any thread. The next packet waits, as the very first does.
    void holdNextPacket() { hold_.arm(); }
    /// Any thread.
    void letFirstPacketGo() { hold_.release(); }
    /// Any thread. Keyframes and wishes go to this broker from now on; null is nobody.
    void setBroker(std::shared_ptr<KeyframeBroker> broker) { broker_.store(std::move(broker)); }

  private:
    void onCaps(const GstCaps* caps);
    GstBuffer* onPacket(GstBuffer* packet);
    void flag(GstBuffer* packet, bool keyframe);

    const std::shared_ptr<TrackCounters> counters_;
    rtp::KeyframeDetector detector_;
    std::uint8_t playoutDelayId_ = 0; ///< by the caps; 0 is none
    std::atomic<std::shared_ptr<KeyframeBroker>> broker_;
    Hold hold_;
};

} // namespace spillway::relay
