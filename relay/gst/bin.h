// What is inside a bin that is not ours. Any thread.
#pragma once

#include "relay/gst/ref.h"

#include <gst/gst.h>

#include <vector>

namespace spillway::gst {

/// The elements at every depth, at one moment, however many are added and removed meanwhile.
std::vector<Ref<GstElement>> elementsOf(GstElement* bin);
/// Those of one factory.
std::vector<Ref<GstElement>> elementsOf(GstElement* bin, const char* factory);
/// The pad that an element's pad of that name is linked to, or an empty Ref.
Ref<GstPad> peerPad(GstElement* element, const char* name);

} // namespace spillway::gst
