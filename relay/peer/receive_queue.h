// What webrtcbin (1.22 to 1.26) puts between what receives and its dtlssrtpdec: a capsfilter, and a queue
// whose thread costs a wake-up for each packet. Any thread; before data can come.
#pragma once

#include "relay/gst/probe.h"
#include "relay/gst/signal.h"

#include <gst/gst.h>

namespace spillway::relay {

/// The queue drops what is oldest until ICE is connected, and from then on makes whoever pushes wait. That
/// may be the thread of all publishers: it drops always.
gst::SignalConnection keepDropping(GstElement* queue);

/// Links what is in front of an element with what is behind it; the element then is in NULL, without a
/// thread.
void takeOut(GstElement* element);

/// Takes the queue behind `nicesrc` out once ICE is connected and all that went in has come out. Not before:
/// webrtcbin blocks the pad in front of dtlssrtpdec until then, and without the queue that is the thread that
/// takes the answers to our checks: a DTLS handshake that the other side begins early would end in none.
/// The probe is to live as long as the peer.
gst::PadProbe takeOutQueueBehind(GstElement* nicesrc);

} // namespace spillway::relay
