#include "relay/ingest/socket_elements.h"

#include "relay/gst/buffer_map.h"
#include "relay/gst/element.h"
#include "relay/gst/type.h"

#include <atomic>
#include <string>
#include <utility>

namespace {

using namespace spillway;
using relay::ingest::SendDatagram;

GstStaticPadTemplate sourceTemplate =
    GST_STATIC_PAD_TEMPLATE("src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS_ANY);
GstStaticPadTemplate sinkTemplate =
    GST_STATIC_PAD_TEMPLATE("sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS_ANY);

struct DatagramSource {
    GstElement parent;
    GstPad* pad;
    std::atomic<bool> running; ///< between PAUSED and READY
    bool begun;                ///< its first events have been pushed
};
struct DatagramSourceClass {
    GstElementClass parent;
};
void initSourceType(DatagramSourceClass* type);
void initSource(DatagramSource* self);
GType sourceType() {
    static const GType type =
        gst::registerType<DatagramSource, DatagramSourceClass, initSourceType, initSource>(GST_TYPE_ELEMENT,
                                                                                           "DatagramSource");
    return type;
}

struct DatagramSink {
    GstElement parent;
    SendDatagram* send;
};
struct DatagramSinkClass {
    GstElementClass parent;
};
void initSinkType(DatagramSinkClass* type);
void initSink(DatagramSink* self);
GType sinkType() {
    static const GType type = gst::registerType<DatagramSink, DatagramSinkClass, initSinkType, initSink>(
        GST_TYPE_ELEMENT, "DatagramSink");
    return type;
}

gboolean onSourceQuery(GstPad* pad, GstObject* parent, GstQuery* query) noexcept {
    if (GST_QUERY_TYPE(query) != GST_QUERY_LATENCY) return gst_pad_query_default(pad, parent, query);
    gst_query_set_latency(query, TRUE, 0, GST_CLOCK_TIME_NONE);
    return TRUE;
}

/// What goes upstream ends here: there is nobody to pass it on to.
gboolean onSourceEvent(GstPad*, GstObject*, GstEvent* event) noexcept {
    gst_event_unref(event);
    return TRUE;
}

/// Live: there is data in PLAYING only, and nothing to preroll with.
GstStateChangeReturn changeSourceState(GstElement* element, GstStateChange change) noexcept {
    auto* self = gst::cast<DatagramSource>(element);
    if (change == GST_STATE_CHANGE_PAUSED_TO_READY) self->running = false;
    const auto result = gst::parentClassOf<GstElementClass>(sourceType())->change_state(element, change);
    if (result == GST_STATE_CHANGE_FAILURE) return result;
    if (change == GST_STATE_CHANGE_READY_TO_PAUSED) self->running = true;
    const bool live =
        change == GST_STATE_CHANGE_READY_TO_PAUSED || change == GST_STATE_CHANGE_PLAYING_TO_PAUSED;
    return live ? GST_STATE_CHANGE_NO_PREROLL : result;
}

void initSource(DatagramSource* self) {
    self->pad = gst_pad_new_from_static_template(&sourceTemplate, "src");
    gst_pad_set_query_function(self->pad, onSourceQuery);
    gst_pad_set_event_function(self->pad, onSourceEvent);
    gst_pad_use_fixed_caps(self->pad);
    gst_element_add_pad(&self->parent, self->pad);
    GST_OBJECT_FLAG_SET(self, GST_ELEMENT_FLAG_SOURCE);
}

void initSourceType(DatagramSourceClass* type) {
    type->parent.change_state = changeSourceState;
    gst_element_class_add_static_pad_template(&type->parent, &sourceTemplate);
    gst_element_class_set_static_metadata(&type->parent, "Datagrams of a publisher", "Source/Network",
                                          "Pushes what arrived for one publisher", "Spillway");
}

void pushFirstEvents(DatagramSource* self) {
    const std::string stream = "datagrams-" + std::to_string(gst_util_group_id_next());
    GstEvent* start = gst_event_new_stream_start(stream.c_str());
    gst_event_set_group_id(start, gst_util_group_id_next());
    gst_pad_push_event(self->pad, start);
    const auto caps = gst::Ref<GstCaps>::adopt(gst_caps_new_empty_simple("application/x-rtp"));
    gst_pad_push_event(self->pad, gst_event_new_caps(caps.get()));
    GstSegment segment;
    gst_segment_init(&segment, GST_FORMAT_TIME);
    gst_pad_push_event(self->pad, gst_event_new_segment(&segment));
    self->begun = true;
}

GstFlowReturn onSinkBuffer(GstPad*, GstObject* parent, GstBuffer* buffer) noexcept {
    const auto owned = gst::Ref<GstBuffer>::adopt(buffer);
    const gst::BufferMap map(buffer);
    (*gst::cast<DatagramSink>(parent)->send)(map.bytes());
    return GST_FLOW_OK;
}

void initSink(DatagramSink* self) {
    GstPad* pad = gst_pad_new_from_static_template(&sinkTemplate, "sink");
    gst_pad_set_chain_function(pad, onSinkBuffer);
    gst_element_add_pad(&self->parent, pad);
    GST_OBJECT_FLAG_SET(self, GST_ELEMENT_FLAG_SINK);
}

void finalizeSink(GObject* object) noexcept {
    delete gst::cast<DatagramSink>(object)->send;
    gst::parentClassOf<GObjectClass>(sinkType())->finalize(object);
}

void initSinkType(DatagramSinkClass* type) {
    G_OBJECT_CLASS(type)->finalize = finalizeSink;
    gst_element_class_add_static_pad_template(&type->parent, &sinkTemplate);
    gst_element_class_set_static_metadata(&type->parent, "Datagrams to a publisher", "Sink/Network",
                                          "Hands out what one publisher is to be sent", "Spillway");
}

} // namespace

namespace spillway::relay::ingest {

gst::Ref<GstElement> makeDatagramSource() {
    return gst::Ref<GstElement>::sink(static_cast<GstElement*>(g_object_new(sourceType(), nullptr)));
}

bool pushDatagram(GstElement* source, Bytes datagram) {
    auto* self = gst::cast<DatagramSource>(source);
    if (!self->running) return false;
    if (!self->begun) pushFirstEvents(self);
    GstBuffer* buffer = gst_buffer_new_memdup(datagram.data(), datagram.size());
    GST_BUFFER_PTS(buffer) = GST_BUFFER_DTS(buffer) = gst_element_get_current_running_time(source);
    const GstFlowReturn flow = gst_pad_push(self->pad, buffer);
    if (flow == GST_FLOW_OK) return true;
    if (flow != GST_FLOW_FLUSHING && flow != GST_FLOW_EOS) GST_ELEMENT_FLOW_ERROR(source, flow);
    return false;
}

gst::Ref<GstElement> makeDatagramSink(SendDatagram send) {
    auto element = gst::Ref<GstElement>::sink(static_cast<GstElement*>(g_object_new(sinkType(), nullptr)));
    gst::cast<DatagramSink>(element.get())->send = new SendDatagram(std::move(send));
    return element;
}

} // namespace spillway::relay::ingest
