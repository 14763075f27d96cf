#include "relay/peer/teardown.h"

#include "relay/gst/bin.h"
#include "relay/gst/element.h"
#include "relay/gst/property.h"

#include <gst/webrtc/webrtc.h>

#include <vector>

namespace spillway::relay {

namespace {

std::vector<gst::Ref<GObject>> iceTransports(GstElement* webrtcbin) {
    std::vector<gst::Ref<GObject>> transports;
    GArray* transceivers = nullptr;
    g_signal_emit_by_name(webrtcbin, "get-transceivers", &transceivers);
    for (guint i = 0; transceivers && i < transceivers->len; ++i) {
        auto* transceiver = g_array_index(transceivers, GObject*, i); // NOLINT(bugprone-casting-through-void)
        const auto receiver = gst::objectProperty<GObject>(transceiver, "receiver");
        const auto dtls = gst::objectProperty<GObject>(receiver.get(), "transport");
        if (auto ice = gst::objectProperty<GObject>(dtls.get(), "transport"))
            transports.push_back(std::move(ice));
    }
    if (transceivers) g_array_unref(transceivers);
    return transports;
}

/// webrtcbin's receiving bin, the parent of its dtlssrtpdec.
gst::Ref<GstElement> receiveBin(const gst::Ref<GstElement>& decoder) {
    return gst::Ref<GstElement>::adopt(
        gst::cast<GstElement>(gst_object_get_parent(gst::cast<GstObject>(decoder.get()))));
}

void detachFromIce(GstElement* webrtcbin) {
    const auto all = gst::elementsOf(webrtcbin, "dtlssrtpdec");
    for (const auto& transport : iceTransports(webrtcbin))
        for (const auto& decoder : all)
            g_signal_handlers_disconnect_matched(transport.get(), G_SIGNAL_MATCH_DATA, 0, 0, nullptr, nullptr,
                                                 receiveBin(decoder).get());
}

/// Whether the bin blocks its queue although it is stopped.
bool holdsItself(const gst::Ref<GstElement>& decoder) {
    const auto sink = gst::staticPad(decoder.get(), "sink");
    const auto queue = gst::Ref<GstPad>::adopt(gst_pad_get_peer(sink.get()));
    return queue && gst_pad_is_blocked(queue.get()) != FALSE;
}

} // namespace

void stopWebrtc(gst::Pipeline& pipeline, GstElement* webrtcbin) {
    detachFromIce(webrtcbin);
    pipeline.stop();
    // For a bin that webrtcbin's own thread made in between.
    detachFromIce(webrtcbin);
    for (const auto& decoder : gst::elementsOf(webrtcbin, "dtlssrtpdec")) {
        if (!holdsItself(decoder)) continue;
        const auto bin = receiveBin(decoder);
        gst_element_set_state(bin.get(), GST_STATE_READY);
        gst_element_set_state(bin.get(), GST_STATE_NULL); // drops the block
    }
}

} // namespace spillway::relay
