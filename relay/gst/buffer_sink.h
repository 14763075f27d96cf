// A sink without a thread, a clock and preroll: whoever pushes runs what takes the buffers.
#pragma once

#include "relay/gst/ref.h"

#include <gst/gst.h>

#include <functional>

namespace spillway::gst {

/// Runs on the thread that pushes. It must not throw.
using TakeBuffer = std::function<void(Ref<GstBuffer>)>;

/// With one pad, `sink`, for anything.
Ref<GstElement> makeBufferSink(TakeBuffer take);

} // namespace spillway::gst
