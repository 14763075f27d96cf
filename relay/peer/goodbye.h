// The last word to the other side: DTLS close_notify, after which nobody sends on (RFC 5246 section 7.2.1,
// RFC 7675 section 5.2). GStreamer sends none by itself when it stops.
#pragma once

#include <gst/gst.h>

namespace spillway::relay {

/// Says it where a handshake was finished, and waits until it has left, some milliseconds at most. Loop
/// thread; webrtcbin plays, and its ICE still sends.
void sayGoodbye(GstElement* webrtcbin);

} // namespace spillway::relay
