#include "relay/track/drain.h"

namespace spillway::relay {

namespace {

gst::Ref<GstElement> makeFakesink() {
    auto sink = gst::makeElement("fakesink");
    // async=false: a sink that prerolls would take the playing pipeline back to PAUSED.
    g_object_set(sink.get(), "async", FALSE, "sync", FALSE, "enable-last-sample", FALSE, "silent", TRUE,
                 nullptr);
    return sink;
}

} // namespace

Drain::Drain(gst::Tee& tee, std::shared_ptr<std::atomic<std::uint64_t>> packets)
    : branch_(tee, makeFakesink())
    , counter_(gst::staticPad(branch_.head(), "sink").get(), GST_PAD_PROBE_TYPE_BUFFER,
               [packets = std::move(packets)](GstPadProbeInfo*) {
                   packets->fetch_add(1, std::memory_order_relaxed);
                   return GST_PAD_PROBE_OK;
               }) {}

} // namespace spillway::relay
