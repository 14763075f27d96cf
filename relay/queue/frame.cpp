#include "relay/queue/frame.h"

#include <gst/gst.h>

namespace spillway::relay {

BufferRef BufferRef::retain(GstBuffer* buffer) {
    return BufferRef(buffer ? gst_buffer_ref(buffer) : nullptr);
}

BufferRef::BufferRef(const BufferRef& other)
    : buffer_(other.buffer_ ? gst_buffer_ref(other.buffer_) : nullptr) {}

void BufferRef::unref(GstBuffer* buffer) {
    gst_buffer_unref(buffer);
}

StreamFormat::StreamFormat(GstCaps* formatCaps, std::uint64_t formatIncarnation)
    : caps(gst_caps_ref(formatCaps))
    , incarnation(formatIncarnation) {}

StreamFormat::~StreamFormat() {
    gst_caps_unref(caps);
}

} // namespace spillway::relay
