// The end of a publisher's transport inside webrtcbin: a sink that hands out what DTLS and RTCP want sent. It
// has no thread.
#pragma once

#include "relay/base/bytes.h"
#include "relay/gst/ref.h"

#include <gst/gst.h>

#include <functional>

namespace spillway::relay::ingest {

/// Sends one datagram. Any thread.
using SendDatagram = std::function<void(Bytes)>;

gst::Ref<GstElement> makeDatagramSink(SendDatagram send);

} // namespace spillway::relay::ingest
