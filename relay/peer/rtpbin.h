// What webrtcbin's rtpbin needs, so that it can live for weeks while streams come and go.
//
// Locks: webrtcbin holds one while it sets a description, and then asks rtpbin for a session, under rtpbin's
// own; under that one rtpbin waits for the lock of a session and for streaming threads to free a stream. So a
// handler that rtpbin calls from a streaming thread must not wait for webrtcbin. GStreamer 1.22 to 1.26.
#pragma once

#include "relay/gst/probe.h"
#include "relay/gst/ref.h"

#include <gst/gst.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

namespace spillway::relay {

/// Throws std::runtime_error when webrtcbin has none.
gst::Ref<GstElement> rtpbinOf(GstElement* webrtcbin);

struct RtpPadName {
    std::uint32_t ssrc = 0;
    unsigned payloadType = 0;
};

/// rtpbin names its pads `recv_rtp_src_<session>_<ssrc>_<payload type>`; webrtcbin's ghost pad has such a
/// target. Any thread.
std::optional<RtpPadName> readPadName(GstPad* rtpbinPad);

/// The payload type demultiplexer's own pad behind rtpbin's, which is not linked to it any more: packets
/// would only be passed on by rtpbin's pad and by webrtcbin's. Streaming thread, inside `pad-added`.
gst::Ref<GstPad> takeOrigin(GstPad* rtpbinPad);

/// The pad by which an RTP session pushes what comes in by this one of rtpbin; none of another kind of pad.
/// On the thread that adds it.
gst::Ref<GstPad> outputOfSession(GstPad* rtpbinPad);

/// Before the first description is set. After it, whoever owns `rtpbin` sees to the retransmissions of each
/// new jitter buffer, and nothing is kept or decoded for FEC.
void takeOver(GstElement* rtpbin, GstElement* webrtcbin);

/// An element that rtpbin has made. On the thread that adds it.
void setUpSession(GstElement* element);

/// How often a sender that asks for it (transport-cc) is told when its packets arrived; without a period
/// after each frame. Of webrtcbin's only session, if it is there yet. Any thread; takes rtpbin's lock.
void reportArrivals(GstElement* rtpbin, std::optional<std::chrono::nanoseconds> period);

/// A new jitter buffer. Streaming thread, under the lock of its RTP session.
void setUpJitterBuffer(GstElement* jitterBuffer, bool retransmissions);

/// The highest sequence number that came. Any thread; takes a lock of the jitter buffer's own.
std::uint16_t readNewest(GstElement* jitterBuffer);

/// Packets lost, as the jitter buffer counts them. Any thread; takes its lock.
std::uint64_t readLost(GstElement* jitterBuffer);

/// Lets no data through the pad any more, for good, and waits for what is under way; false when that has not
/// passed after a moment. Any thread but a streaming one.
bool hush(GstPad* source);
/// The same for all that goes into the jitter buffer, and out of it but for its exits (jitter/element.h).
bool bringToRest(GstElement* jitterBuffer);

/// While what it returns lives, whatever is for a demultiplexer waits before it, so that no stream is made;
/// nothing when what was under way has not passed after a moment. Any thread but a streaming one.
std::optional<std::vector<gst::PadProbe>> holdStreams(GstElement* rtpbin);

/// Frees jitter buffer, demultiplexer and pads of the SSRC; should it send again, it is a new
/// stream. Its jitter buffer is at rest, and streams are held: rtpssrcdemux forgets its pads before it
/// removes them, and could not make new ones of the same name in between; rtpbin keeps a list of elements
/// that it adds to under one lock and takes from under another. Any thread but a streaming one.
void freeStream(GstElement* rtpbin, std::uint32_t ssrc);

} // namespace spillway::relay
