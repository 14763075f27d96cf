#include "relay/gst/tee.h"

#include <stdexcept>
#include <string>

namespace spillway::gst {

void stopAndRemove(GstElement* bin, GstElement* element) {
    // Locked, so that the bin does not start it again while it changes its own state.
    gst_element_set_locked_state(element, TRUE);
    gst_element_set_state(element, GST_STATE_NULL);
    gst_bin_remove(cast<GstBin>(bin), element);
}

namespace {

/// GStreamer would keep a sticky event only after the branches had it: one that is made meanwhile would never
/// see it. And a branch that is just leaving refuses what is under way to it: a format that one branch
/// refuses would end the whole stream.
gboolean forwardEvent(GstPad* sink, GstObject* tee, GstEvent* event) {
    if (gst_event_type_get_flags(GST_EVENT_TYPE(event)) & GST_EVENT_TYPE_STICKY)
        gst_pad_store_sticky_event(sink, event);
    gst_pad_event_default(sink, tee, event);
    return TRUE;
}

/// No branch is asked.
GstPadProbeReturn acceptFormat(GstPad*, GstPadProbeInfo* info, gpointer) noexcept {
    GstQuery* query = gst_pad_probe_info_get_query(info);
    if (GST_QUERY_TYPE(query) != GST_QUERY_ACCEPT_CAPS) return GST_PAD_PROBE_OK;
    gst_query_set_accept_caps_result(query, TRUE);
    return GST_PAD_PROBE_HANDLED;
}

/// What came between the tee's own copy of the sticky events and the moment from which it passes them on to
/// the new pad.
void copyMissingEvents(GstPad* sink, GstPad* source) {
    const auto copy = [](GstPad*, GstEvent** event, gpointer to) -> gboolean {
        auto* pad = static_cast<GstPad*>(to);
        GstEvent* known = gst_pad_get_sticky_event(pad, GST_EVENT_TYPE(*event), 0);
        if (known)
            gst_event_unref(known);
        else
            gst_pad_store_sticky_event(pad, *event);
        return TRUE;
    };
    gst_pad_sticky_events_foreach(sink, copy, source);
}

} // namespace

Tee::Tee(GstElement* bin)
    : bin_(Ref<GstElement>::retain(bin))
    , element_(makeElement("tee")) {
    g_object_set(element_.get(), "allow-not-linked", TRUE, nullptr);
    sink_ = staticPad(element_.get(), "sink");
    gst_pad_set_event_function(sink_.get(), forwardEvent);
    gst_pad_add_probe(sink_.get(), GST_PAD_PROBE_TYPE_QUERY_DOWNSTREAM, acceptFormat, nullptr, nullptr);
    addTo(bin, element_);
    gst_element_sync_state_with_parent(element_.get());
}

Tee::~Tee() {
    stopAndRemove(bin_.get(), element_.get());
}

TeeBranch::TeeBranch(Tee& tee, Ref<GstElement> head)
    : bin_(tee.bin_)
    , tee_(tee.element_)
    , head_(std::move(head)) {
    addTo(bin_.get(), head_);
    if (!gst_element_sync_state_with_parent(head_.get())) {
        removeHead();
        throw std::runtime_error(std::string("cannot start ") + nameOf(head_.get()));
    }
    source_ = Ref<GstPad>::adopt(gst_element_request_pad_simple(tee_.get(), "src_%u"));
    if (source_) copyMissingEvents(tee.sink(), source_.get());
    const auto sink = staticPad(head_.get(), "sink");
    // Unchecked: a caps query through every branch on each attach would cost more than the attach.
    if (!source_ ||
        gst_pad_link_full(source_.get(), sink.get(), GST_PAD_LINK_CHECK_NOTHING) != GST_PAD_LINK_OK) {
        if (source_) gst_element_release_request_pad(tee_.get(), source_.get());
        removeHead();
        throw std::runtime_error(std::string("cannot link ") + nameOf(head_.get()));
    }
}

TeeBranch::~TeeBranch() {
    const auto sink = staticPad(head_.get(), "sink");
    gst_pad_unlink(source_.get(), sink.get());
    gst_element_release_request_pad(tee_.get(), source_.get());
    removeHead();
}

void TeeBranch::removeHead() {
    stopAndRemove(bin_.get(), head_.get());
}

} // namespace spillway::gst
