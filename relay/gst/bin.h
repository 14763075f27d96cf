// What is inside a bin that is not ours. Any thread.
#pragma once

#include "relay/gst/ref.h"

#include <gst/gst.h>

#include <vector>

namespace spillway::gst {

/// The elements of that factory, at every depth, at this moment.
std::vector<Ref<GstElement>> elementsOf(GstElement* bin, const char* factory);

} // namespace spillway::gst
