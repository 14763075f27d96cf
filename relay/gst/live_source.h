// A live source without a thread: whoever pushes runs what is behind it.
#pragma once

#include "relay/gst/ref.h"

#include <gst/gst.h>

#include <cstdint>
#include <span>

namespace spillway::gst {

/// With one pad, `src`, of this media type. The name is unique in its bin.
Ref<GstElement> makeLiveSource(const char* mediaType, const char* name);

/// A buffer without a timestamp gets the present time. False when the source takes no data: its pipeline is
/// stopping or has not started. Errors downstream are posted as the source's own. One thread at a time.
bool pushLive(GstElement* source, Ref<GstBuffer> buffer);
/// The same for a copy of these bytes.
bool pushLive(GstElement* source, std::span<const std::uint8_t> bytes);

} // namespace spillway::gst
