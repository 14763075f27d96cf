// Properties of a GObject that are objects themselves. Any thread.
#pragma once

#include "relay/gst/ref.h"

#include <glib-object.h>

namespace spillway::gst {

/// Empty when the property is, or when there is no object.
template <class T>
Ref<T> objectProperty(gpointer object, const char* name) {
    T* value = nullptr;
    if (object) g_object_get(object, name, &value, nullptr);
    return Ref<T>::adopt(value);
}

} // namespace spillway::gst
