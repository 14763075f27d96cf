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

Tee::Tee(GstElement* bin)
    : bin_(Ref<GstElement>::retain(bin))
    , element_(makeElement("tee")) {
    g_object_set(element_.get(), "allow-not-linked", TRUE, nullptr);
    sink_ = staticPad(element_.get(), "sink");
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
