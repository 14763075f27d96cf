// Ending a pipeline that has a webrtcbin in it. Loop thread.
#pragma once

#include "relay/gst/pipeline.h"

namespace spillway::relay {

/// Stops the pipeline; every thread of it has ended when this returns.
///
/// webrtcbin 1.22: when ICE changes its state while or after the receiving bin goes to NULL, the bin blocks a
/// pad again and holds itself for ever, with its socket and three descriptors (about one of 300 teardowns
/// during negotiation). So the bin no longer receives ICE states from here on, and a block that came in
/// between is dropped.
void stopWebrtc(gst::Pipeline& pipeline, GstElement* webrtcbin);

} // namespace spillway::relay
