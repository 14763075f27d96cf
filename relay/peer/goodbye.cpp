#include "relay/peer/goodbye.h"

#include "relay/gst/bin.h"
#include "relay/gst/buffer_map.h"
#include "relay/gst/element.h"
#include "relay/gst/probe.h"

#include <chrono>
#include <future>
#include <memory>

namespace spillway::relay {

namespace {

constexpr std::chrono::milliseconds longestWait{50};

bool isConnected(GstElement* encoder) {
    constexpr gint connected = 4; // of dtlsenc's `connection-state`, whose enum has no header
    gint state = 0;
    g_object_get(encoder, "connection-state", &state, nullptr);
    return state == connected;
}

/// A record of the type alert (RFC 6347 section 4.1).
bool isAlert(GstBuffer* record) {
    constexpr std::uint8_t alert = 21;
    const gst::BufferMap map(record);
    return !map.bytes().empty() && map.bytes()[0] == alert;
}

/// dtlsenc's thread passes it on; the end of what it has to encrypt makes it say so.
void sayBy(GstElement* encoder) {
    const auto source = gst::staticPad(encoder, "src");
    // Behind the source, which is no longer idle then.
    const auto behind = gst::peerPad(encoder, "src");
    if (!behind) return;
    auto passing = std::make_shared<std::promise<void>>();
    auto passes = passing->get_future();
    const gst::PadProbe probe(behind.get(), GST_PAD_PROBE_TYPE_BUFFER, [passing](GstPadProbeInfo* info) {
        if (!isAlert(gst_pad_probe_info_get_buffer(info))) return GST_PAD_PROBE_OK;
        passing->set_value();
        return GST_PAD_PROBE_REMOVE;
    });
    // webrtcbin has asked for it, for data channels.
    const auto sink = gst::staticPad(encoder, "sink");
    if (!sink) return;
    GstSegment segment;
    gst_segment_init(&segment, GST_FORMAT_BYTES);
    gst_pad_send_event(sink.get(), gst_event_new_stream_start("goodbye"));
    gst_pad_send_event(sink.get(), gst_event_new_segment(&segment));
    gst_pad_send_event(sink.get(), gst_event_new_eos());
    if (passes.wait_for(longestWait) == std::future_status::ready) gst::awaitIdle(source.get(), longestWait);
}

} // namespace

void sayGoodbye(GstElement* webrtcbin) {
    for (const auto& encoder : gst::elementsOf(webrtcbin, "dtlsenc"))
        if (isConnected(encoder.get())) sayBy(encoder.get());
}

} // namespace spillway::relay
