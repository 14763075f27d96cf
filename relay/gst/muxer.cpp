#include "relay/gst/muxer.h"

#include "relay/gst/element.h"

#include <stdexcept>
#include <utility>

namespace spillway::gst {

Muxer::Running::Running(Ref<GstElement> muxer)
    : element(std::move(muxer)) {}

Muxer::Running::~Running() {
    gst_element_set_state(element.get(), GST_STATE_NULL);
}

Muxer::RequestPad::RequestPad(const Ref<GstElement>& muxer, const char* padTemplate)
    : element(muxer)
    , pad(Ref<GstPad>::adopt(gst_element_request_pad_simple(muxer.get(), padTemplate))) {
    if (!pad) throw std::runtime_error("the muxer has no pad for this track");
}

Muxer::RequestPad::~RequestPad() {
    gst_element_release_request_pad(element.get(), pad.get());
}

Muxer::Muxer(Ref<GstElement> element, const char* padTemplate, GstCaps* caps)
    : running_(std::move(element))
    , request_(running_.element, padTemplate)
    , sink_(staticPad(running_.element.get(), "src").get())
    , source_(request_.pad.get()) {
    if (gst_element_set_state(running_.element.get(), GST_STATE_PAUSED) == GST_STATE_CHANGE_FAILURE)
        throw std::runtime_error("the muxer does not start");
    if (!source_.start(caps)) throw std::runtime_error("the container cannot hold this stream");
}

bool Muxer::push(Ref<GstBuffer> buffer) {
    if (source_.push(std::move(buffer)) != GST_FLOW_OK) return false;
    source_.drain();
    return true;
}

bool Muxer::end(std::chrono::milliseconds deadline) {
    source_.end();
    return sink_.awaitEnd(deadline);
}

} // namespace spillway::gst
