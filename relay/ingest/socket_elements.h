// The two ends of a publisher's transport inside webrtcbin: a source that pushes the datagrams which its port
// received, and a sink that hands out those which DTLS and RTCP want sent. Neither has a thread.
#pragma once

#include "relay/base/bytes.h"
#include "relay/gst/ref.h"

#include <gst/gst.h>

#include <functional>

namespace spillway::relay::ingest {

/// What a datagram is sent by. Any thread.
using SendDatagram = std::function<void(Bytes)>;

/// A live source; its buffers have the time of their arrival.
gst::Ref<GstElement> makeDatagramSource();

/// False when the source takes no data now: its pipeline is stopping or has not started. An error of what is
/// behind it is posted as the source's own. One thread at a time.
bool pushDatagram(GstElement* source, Bytes datagram);

gst::Ref<GstElement> makeDatagramSink(SendDatagram send);

} // namespace spillway::relay::ingest
