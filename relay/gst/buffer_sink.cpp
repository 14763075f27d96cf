#include "relay/gst/buffer_sink.h"

#include "relay/gst/element.h"
#include "relay/gst/type.h"

#include <utility>

namespace {

using namespace spillway;

GstStaticPadTemplate sinkTemplate =
    GST_STATIC_PAD_TEMPLATE("sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS_ANY);

struct BufferSink {
    GstElement parent;
    gst::TakeBuffer* take;
};
struct BufferSinkClass {
    GstElementClass parent;
};
void initType(BufferSinkClass* type);
void init(BufferSink* self);
GType sinkType() {
    static const GType type = gst::registerType<BufferSink, BufferSinkClass, initType, init>(
        GST_TYPE_ELEMENT, "SpillwayBufferSink");
    return type;
}

GstFlowReturn onBuffer(GstPad*, GstObject* parent, GstBuffer* buffer) noexcept {
    (*gst::cast<BufferSink>(parent)->take)(gst::Ref<GstBuffer>::adopt(buffer));
    return GST_FLOW_OK;
}

void init(BufferSink* self) {
    GstPad* pad = gst_pad_new_from_static_template(&sinkTemplate, "sink");
    gst_pad_set_chain_function(pad, onBuffer);
    gst_element_add_pad(&self->parent, pad);
    GST_OBJECT_FLAG_SET(self, GST_ELEMENT_FLAG_SINK);
}

void finalize(GObject* object) noexcept {
    delete gst::cast<BufferSink>(object)->take;
    gst::parentClassOf<GObjectClass>(sinkType())->finalize(object);
}

void initType(BufferSinkClass* type) {
    G_OBJECT_CLASS(type)->finalize = finalize;
    gst_element_class_add_static_pad_template(&type->parent, &sinkTemplate);
    gst_element_class_set_static_metadata(&type->parent, "Buffer sink", "Sink",
                                          "Hands out buffers, on the thread that pushes them", "Spillway");
}

} // namespace

namespace spillway::gst {

Ref<GstElement> makeBufferSink(TakeBuffer take) {
    auto element = Ref<GstElement>::sink(static_cast<GstElement*>(g_object_new(sinkType(), nullptr)));
    cast<BufferSink>(element.get())->take = new TakeBuffer(std::move(take));
    return element;
}

} // namespace spillway::gst
