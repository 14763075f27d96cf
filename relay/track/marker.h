// What each packet of a track passes before the tee.
//
// Comes in: RTP packets, the caps before them, and requests for a keyframe from below. Goes out: the same
// packets, flagged DELTA_UNIT unless a keyframe starts with them, counted, and read once for all branches
// (TrackCounters); news of keyframes and wishes for them, to the broker. Requests from below end here.
//
// A picture of H.264 or H.265 that decoding may begin with gets a packet with its parameter sets in front of
// it where the publisher sent none (RFC 7742 section 6.2); what follows is numbered on.
//
// The first packet waits, for a moment at most, until the loop lets it go. Shared by the probes,
// which may outlive the input. Streaming thread, but where it says any thread.
#pragma once

#include "relay/base/hold.h"
#include "relay/gst/ref.h"
#include "relay/rtp/keyframe.h"
#include "relay/rtp/packet.h"
#include "relay/rtp/parameter_sets.h"
#include "relay/track/counters.h"
#include "relay/track/keyframe_broker.h"

#include <gst/gst.h>

#include <atomic>
#include <functional>
#include <memory>

namespace spillway::relay {

class Marker {
  public:
    /// `insert` pushes a packet on the same way, past this marker.
    explicit Marker(std::shared_ptr<TrackCounters> counters,
                    std::function<void(gst::Ref<GstBuffer>)> insert = nullptr);

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
    /// Pushes the parameter sets that this packet lacks.
    void completePicture(GstBuffer* packet);
    gst::Ref<GstBuffer> setsBefore(GstBuffer* packet, Bytes bytes, const rtp::Packet& read) const;
    GstBuffer* onPacket(GstBuffer* packet);
    void count(GstBuffer* packet);
    void renumber(GstBuffer* packet) const;
    void flag(GstBuffer* packet, bool keyframe);

    const std::shared_ptr<TrackCounters> counters_;
    const std::function<void(gst::Ref<GstBuffer>)> insert_;
    rtp::KeyframeDetector detector_;
    rtp::ParameterSets sets_;
    std::uint16_t inserted_ = 0; ///< packets so far, by which all numbers behind them are higher
    bool inserting_ = false;
    std::uint32_t clockRate_ = 0;     ///< by the caps; 0 is unknown
    std::uint8_t playoutDelayId_ = 0; ///< by the caps; 0 is none
    std::atomic<std::shared_ptr<KeyframeBroker>> broker_;
    Hold hold_;
};

} // namespace spillway::relay
