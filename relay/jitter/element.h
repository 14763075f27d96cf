// The element that stands in for GStreamer's rtpjitterbuffer in an rtpbin, without a thread of its own.
//
// Comes in: RTP of one SSRC and its RTCP. Goes out: the packets in order with PTS and DTS, on the thread that
// pushed the packet which lets them go, or on that of the timers when a wait is over. Both hold the stream
// lock of the sink pad, as whoever flushes it or stops it does: so nothing is pushed after that, and nobody
// else's locks are taken in another order than a streaming thread takes them. What its downstream returns
// stops nobody upstream.
//
// Of rtpjitterbuffer, rtpbin and webrtcbin 1.22 to 1.26 touch
//   pads        sink, src, sink_rtcp (on request)
//   properties  latency, do-retransmission, do-lost, stats
//   signals     request-pt-map, clear-pt-map, handle-sync
// and, only when an element has them: the properties drop-on-latency, mode, percent, max-dropout-time,
// max-misorder-time, max-rtcp-rtp-time-diff, max-ts-offset-adjustment, rfc7273-sync, sync-interval,
// add-reference-timestamp-meta, and the signals on-npt-stop and set-active, which serve what is not done here
// (buffering mode, RTSP, clocks by RFC 7273). Those it does not have. Of handle-sync, by which rtpbin would
// move presentation times to bring streams together (ts-offset), there is only the name: sender reports go to
// clockOf().
// Of its own is the property newest-sequence: the highest sequence number that came, held or not.
// Events: GstRTPRetransmissionRequest upstream for each missing packet, GstRTPPacketLost downstream for each
// gap that was given up.
#pragma once

#include "relay/gst/ref.h"
#include "relay/jitter/share.h"
#include "relay/jitter/timers.h"
#include "relay/rtp/capture_clock.h"

#include <gst/gst.h>

#include <cstddef>
#include <memory>

namespace spillway::relay::jitter {

/// A floating reference, as a factory returns it. Without timers, what is missing is only looked at when a
/// packet comes. `senders` are the clocks of those whose stream it may be; null is one of its own.
GstElement* newElement(std::weak_ptr<Timers> timers, std::shared_ptr<Pool> pool = nullptr,
                       std::shared_ptr<rtp::SenderClocks> senders = nullptr);

/// When what passes through an element of ours was captured. Any thread.
std::shared_ptr<const rtp::CaptureClock> clockOf(GstElement* element);

/// Whether an RTP packet of this type has come in by the pad `sink`, so that the stream has begun. Any
/// thread.
bool knows(GstElement* jitterBuffer, unsigned payloadType);

/// Packets of this type go on by `exit`, a pad of the payload type demultiplexer behind, past the
/// demultiplexer itself; events do not. Inside a push of the first of them.
void setExit(GstElement* jitterBuffer, unsigned payloadType, gst::Ref<GstPad> exit);

/// In the process. Any thread.
std::size_t liveElements();

} // namespace spillway::relay::jitter
