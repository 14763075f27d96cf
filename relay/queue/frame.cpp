#include "relay/queue/frame.h"

#include <gst/gst.h>

#include <charconv>

namespace spillway::relay {

namespace {

/// webrtcbin names the extensions of a line in the caps: `extmap-5=<uri>`.
std::uint8_t extensionId(const GstCaps* caps, std::string_view uri) {
    constexpr std::string_view prefix = "extmap-";
    if (gst_caps_get_size(caps) == 0) return 0; // none, or any
    const GstStructure* structure = gst_caps_get_structure(caps, 0);
    for (int i = 0; i < gst_structure_n_fields(structure); ++i) {
        const char* field = gst_structure_nth_field_name(structure, static_cast<guint>(i));
        const std::string_view name(field);
        const char* value = gst_structure_get_string(structure, field);
        if (name.substr(0, prefix.size()) != prefix || !value || uri != value) continue;
        std::uint8_t id = 0;
        std::from_chars(field + prefix.size(), field + name.size(), id);
        return id;
    }
    return 0;
}

} // namespace

BufferRef BufferRef::retain(GstBuffer* buffer) {
    return BufferRef(buffer ? gst_buffer_ref(buffer) : nullptr);
}

BufferRef::BufferRef(const BufferRef& other)
    : buffer_(other.buffer_ ? gst_buffer_ref(other.buffer_) : nullptr) {}

void BufferRef::unref(GstBuffer* buffer) {
    gst_buffer_unref(buffer);
}

StreamFormat::StreamFormat(GstCaps* formatCaps, std::uint64_t formatSource)
    : caps(gst_caps_ref(formatCaps))
    , source(formatSource)
    , playoutDelayId(extensionId(formatCaps, playoutDelayUri)) {}

StreamFormat::~StreamFormat() {
    gst_caps_unref(caps);
}

} // namespace spillway::relay
