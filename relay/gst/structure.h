// Reading the fields of caps.
#pragma once

#include <gst/gst.h>

namespace spillway::gst {

/// Empty when there is no such field, or it is no string. Lives as long as the structure.
inline const char* stringField(const GstStructure* structure, const char* field) {
    const char* text = gst_structure_get_string(structure, field);
    return text ? text : "";
}

} // namespace spillway::gst
