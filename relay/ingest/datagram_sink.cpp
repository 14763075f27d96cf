#include "relay/ingest/datagram_sink.h"

#include "relay/gst/buffer_map.h"
#include "relay/gst/element.h"
#include "relay/gst/type.h"

#include <utility>

namespace {

using namespace spillway;
using relay::ingest::SendDatagram;

GstStaticPadTemplate sinkTemplate =
    GST_STATIC_PAD_TEMPLATE("sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS_ANY);

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

gst::Ref<GstElement> makeDatagramSink(SendDatagram send) {
    auto element = gst::Ref<GstElement>::sink(static_cast<GstElement*>(g_object_new(sinkType(), nullptr)));
    gst::cast<DatagramSink>(element.get())->send = new SendDatagram(std::move(send));
    return element;
}

} // namespace spillway::relay::ingest
