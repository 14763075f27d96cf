#include "relay/gst/byte_sink.h"

#include <stdexcept>
#include <utility>

namespace spillway::gst {

namespace {

ByteSink& sinkOf(GstPad* pad) {
    return *static_cast<ByteSink*>(gst_pad_get_element_private(pad));
}

} // namespace

ByteSink::ByteSink(GstPad* source)
    : source_(Ref<GstPad>::retain(source))
    , pad_(Ref<GstPad>::sink(gst_pad_new("sink", GST_PAD_SINK))) {
    gst_pad_set_element_private(pad_.get(), this);
    gst_pad_set_chain_function(pad_.get(), &ByteSink::onBuffer);
    gst_pad_set_event_function(pad_.get(), &ByteSink::onEvent);
    gst_pad_set_query_function(pad_.get(), &ByteSink::onQuery);
    gst_pad_set_active(pad_.get(), TRUE);
    if (gst_pad_link_full(source, pad_.get(), GST_PAD_LINK_CHECK_NOTHING) != GST_PAD_LINK_OK)
        throw std::runtime_error("cannot link the muxer to a sink");
}

ByteSink::~ByteSink() {
    gst_pad_set_active(pad_.get(), FALSE);
    gst_pad_unlink(source_.get(), pad_.get());
}

std::vector<ByteSink::Piece> ByteSink::take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(pieces_, {});
}

bool ByteSink::awaitEnd(std::chrono::milliseconds deadline) {
    std::unique_lock lock(mutex_);
    return ended_.wait_for(lock, deadline, [this] { return atEnd_; });
}

GstFlowReturn ByteSink::onBuffer(GstPad* pad, GstObject* /*parent*/, GstBuffer* buffer) noexcept {
    ByteSink& self = sinkOf(pad);
    const std::lock_guard lock(self.mutex_);
    self.pieces_.push_back({self.position_, Ref<GstBuffer>::adopt(buffer)});
    self.position_ += gst_buffer_get_size(buffer);
    return GST_FLOW_OK;
}

gboolean ByteSink::onEvent(GstPad* pad, GstObject* /*parent*/, GstEvent* event) noexcept {
    ByteSink& self = sinkOf(pad);
    const std::lock_guard lock(self.mutex_);
    if (GST_EVENT_TYPE(event) == GST_EVENT_SEGMENT) {
        const GstSegment* segment = nullptr;
        gst_event_parse_segment(event, &segment);
        if (segment->format == GST_FORMAT_BYTES) self.position_ = segment->start;
    } else if (GST_EVENT_TYPE(event) == GST_EVENT_EOS) {
        self.atEnd_ = true;
        self.ended_.notify_all();
    }
    gst_event_unref(event);
    return TRUE;
}

gboolean ByteSink::onQuery(GstPad* pad, GstObject* parent, GstQuery* query) noexcept {
    if (GST_QUERY_TYPE(query) != GST_QUERY_SEEKING) return gst_pad_query_default(pad, parent, query);
    GstFormat format = GST_FORMAT_UNDEFINED;
    gst_query_parse_seeking(query, &format, nullptr, nullptr, nullptr);
    gst_query_set_seeking(query, format, format == GST_FORMAT_BYTES ? TRUE : FALSE, 0, -1);
    return TRUE;
}

} // namespace spillway::gst
