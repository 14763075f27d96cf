// A source pad of our own, for feeding one element from a thread of our own: no appsrc, no pipeline, no
// thread, no clock. A push returns when the element has done its work with the buffer.
//
// Comes in: buffers. Goes out: stream-start, caps, segment, buffers, EOS to the linked pad, in the caller's
// thread. Owner: whoever owns the element; one thread at a time.
#pragma once

#include "relay/gst/ref.h"

#include <gst/gst.h>

namespace spillway::gst {

class PushSource {
  public:
    /// Links to `sink`, whose element must be in PAUSED or above before the first push. Throws
    /// std::runtime_error.
    explicit PushSource(GstPad* sink);
    /// Deactivates and unlinks.
    ~PushSource();
    PushSource(const PushSource&) = delete;
    PushSource& operator=(const PushSource&) = delete;

    /// Announces the stream: before the first push, once. False when the element refuses the caps.
    bool start(GstCaps* caps);
    GstFlowReturn push(Ref<GstBuffer> buffer);
    /// Returns when the element has done its work with what was pushed, also if it has a thread of its own
    /// for that (an aggregator).
    void drain();
    /// No buffer follows.
    void end();

  private:
    Ref<GstPad> pad_;
    Ref<GstPad> sink_;
};

} // namespace spillway::gst
