#include "relay/gst/live_source.h"

#include "relay/gst/element.h"
#include "relay/gst/type.h"

#include <atomic>
#include <string>

namespace {

using namespace spillway;

GstStaticPadTemplate sourceTemplate =
    GST_STATIC_PAD_TEMPLATE("src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS_ANY);

struct LiveSource {
    GstElement parent;
    GstPad* pad;
    GQuark mediaType;
    std::atomic<bool> running; ///< between PAUSED and READY
    bool begun;                ///< its first events have been pushed
};
struct LiveSourceClass {
    GstElementClass parent;
};
void initType(LiveSourceClass* type);
void init(LiveSource* self);
GType sourceType() {
    static const GType type = gst::registerType<LiveSource, LiveSourceClass, initType, init>(
        GST_TYPE_ELEMENT, "SpillwayLiveSource");
    return type;
}

gboolean onQuery(GstPad* pad, GstObject* parent, GstQuery* query) noexcept {
    if (GST_QUERY_TYPE(query) != GST_QUERY_LATENCY) return gst_pad_query_default(pad, parent, query);
    gst_query_set_latency(query, TRUE, 0, GST_CLOCK_TIME_NONE);
    return TRUE;
}

/// What goes upstream ends here: there is nobody to pass it on to.
gboolean onEvent(GstPad*, GstObject*, GstEvent* event) noexcept {
    gst_event_unref(event);
    return TRUE;
}

/// Live: there is data in PLAYING only, and nothing to preroll with.
GstStateChangeReturn changeState(GstElement* element, GstStateChange change) noexcept {
    auto* self = gst::cast<LiveSource>(element);
    if (change == GST_STATE_CHANGE_PAUSED_TO_READY) self->running = false;
    const auto result = gst::parentClassOf<GstElementClass>(sourceType())->change_state(element, change);
    if (result == GST_STATE_CHANGE_FAILURE) return result;
    if (change == GST_STATE_CHANGE_READY_TO_PAUSED) self->running = true;
    const bool live =
        change == GST_STATE_CHANGE_READY_TO_PAUSED || change == GST_STATE_CHANGE_PLAYING_TO_PAUSED;
    return live ? GST_STATE_CHANGE_NO_PREROLL : result;
}

void init(LiveSource* self) {
    self->pad = gst_pad_new_from_static_template(&sourceTemplate, "src");
    gst_pad_set_query_function(self->pad, onQuery);
    gst_pad_set_event_function(self->pad, onEvent);
    gst_pad_use_fixed_caps(self->pad);
    gst_element_add_pad(&self->parent, self->pad);
    GST_OBJECT_FLAG_SET(self, GST_ELEMENT_FLAG_SOURCE);
}

void initType(LiveSourceClass* type) {
    type->parent.change_state = changeState;
    gst_element_class_add_static_pad_template(&type->parent, &sourceTemplate);
    gst_element_class_set_static_metadata(&type->parent, "Live source", "Source/Network",
                                          "Pushes what others hand it, on their thread", "Spillway");
}

void pushFirstEvents(LiveSource* self) {
    const std::string stream = "live-" + std::to_string(gst_util_group_id_next());
    GstEvent* start = gst_event_new_stream_start(stream.c_str());
    gst_event_set_group_id(start, gst_util_group_id_next());
    gst_pad_push_event(self->pad, start);
    const auto caps = gst::Ref<GstCaps>::adopt(gst_caps_new_empty_simple(g_quark_to_string(self->mediaType)));
    gst_pad_push_event(self->pad, gst_event_new_caps(caps.get()));
    GstSegment segment;
    gst_segment_init(&segment, GST_FORMAT_TIME);
    gst_pad_push_event(self->pad, gst_event_new_segment(&segment));
    self->begun = true;
}

} // namespace

namespace spillway::gst {

Ref<GstElement> makeLiveSource(const char* mediaType, const char* name) {
    auto element =
        Ref<GstElement>::sink(static_cast<GstElement*>(g_object_new(sourceType(), "name", name, nullptr)));
    cast<LiveSource>(element.get())->mediaType = g_quark_from_string(mediaType);
    return element;
}

bool pushLive(GstElement* source, Ref<GstBuffer> buffer) {
    auto* self = cast<LiveSource>(source);
    if (!self->running) return false;
    if (!self->begun) pushFirstEvents(self);
    GstBuffer* pushed = buffer.release();
    if (!GST_CLOCK_TIME_IS_VALID(GST_BUFFER_DTS_OR_PTS(pushed)))
        GST_BUFFER_PTS(pushed) = GST_BUFFER_DTS(pushed) = gst_element_get_current_running_time(source);
    const GstFlowReturn flow = gst_pad_push(self->pad, pushed);
    if (flow == GST_FLOW_OK) return true;
    if (flow != GST_FLOW_FLUSHING && flow != GST_FLOW_EOS) GST_ELEMENT_FLOW_ERROR(source, flow);
    return false;
}

bool pushLive(GstElement* source, std::span<const std::uint8_t> bytes) {
    return pushLive(source, Ref<GstBuffer>::adopt(gst_buffer_new_memdup(bytes.data(), bytes.size())));
}

} // namespace spillway::gst
