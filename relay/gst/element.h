// Making elements, and casts between GObject instance types without the C casts of GStreamer's macros.
#pragma once

#include "relay/gst/ref.h"

#include <gst/gst.h>

#include <string_view>

namespace spillway::gst {

/// Between the instance structs of one object: up, or down where the caller knows the type.
template <class To, class From>
To* cast(From* object) {
    return reinterpret_cast<To*>(object);
}

/// An element without a parent; an empty Ref is never returned. Throws std::runtime_error naming the factory.
Ref<GstElement> makeElement(const char* factory, const char* name = nullptr);

/// Adds the element to the bin, which shares its ownership, and returns it for further use.
GstElement* addTo(GstElement* bin, const Ref<GstElement>& element);

/// The pad of that name, or an empty Ref.
Ref<GstPad> staticPad(GstElement* element, const char* name);

/// Whether the factory of that name has made it; bins of an element's own have none.
bool isMadeBy(GstElement* element, std::string_view factory);

/// For logs and errors; valid as long as the element is and keeps its name.
const char* nameOf(GstElement* element);

} // namespace spillway::gst
