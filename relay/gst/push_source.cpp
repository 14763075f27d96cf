#include "relay/gst/push_source.h"

#include <stdexcept>

namespace spillway::gst {

PushSource::PushSource(GstPad* sink)
    : pad_(Ref<GstPad>::sink(gst_pad_new("src", GST_PAD_SRC)))
    , sink_(Ref<GstPad>::retain(sink)) {
    gst_pad_set_active(pad_.get(), TRUE);
    if (gst_pad_link_full(pad_.get(), sink, GST_PAD_LINK_CHECK_NOTHING) != GST_PAD_LINK_OK)
        throw std::runtime_error("cannot link a source to the element's pad");
}

PushSource::~PushSource() {
    gst_pad_unlink(pad_.get(), sink_.get());
    gst_pad_set_active(pad_.get(), FALSE);
}

bool PushSource::start(GstCaps* caps) {
    GstSegment segment;
    gst_segment_init(&segment, GST_FORMAT_TIME);
    gst_pad_push_event(pad_.get(), gst_event_new_stream_start("spillway"));
    const bool accepted = gst_pad_push_event(pad_.get(), gst_event_new_caps(caps)) == TRUE;
    gst_pad_push_event(pad_.get(), gst_event_new_segment(&segment));
    return accepted;
}

GstFlowReturn PushSource::push(Ref<GstBuffer> buffer) {
    return gst_pad_push(pad_.get(), buffer.release());
}

void PushSource::drain() {
    // Serialized with the buffers: answered when those before it are through. What the answer is does not
    // matter.
    GstQuery* query = gst_query_new_drain();
    gst_pad_peer_query(pad_.get(), query);
    gst_query_unref(query);
}

void PushSource::end() {
    gst_pad_push_event(pad_.get(), gst_event_new_eos());
}

} // namespace spillway::gst
