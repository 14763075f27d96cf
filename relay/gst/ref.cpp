#include "relay/gst/ref.h"

#include <gst/gst.h>

namespace spillway::gst {

void retainObject(void* object) {
    g_object_ref(object);
}

void releaseObject(void* object) {
    g_object_unref(object);
}

void sinkObject(void* object) {
    gst_object_ref_sink(object);
}

void retainMiniObject(void* object) {
    gst_mini_object_ref(static_cast<GstMiniObject*>(object));
}

void releaseMiniObject(void* object) {
    gst_mini_object_unref(static_cast<GstMiniObject*>(object));
}

} // namespace spillway::gst
