#include "relay/jitter/element.h"

#include "relay/gst/element.h"
#include "relay/gst/type.h"
#include "relay/jitter/stream.h"

#include <atomic>
#include <utility>

namespace {

using namespace spillway;
using relay::jitter::Stream;
using relay::jitter::Time;
using std::chrono::milliseconds;

GstStaticPadTemplate sinkTemplate =
    GST_STATIC_PAD_TEMPLATE("sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS("application/x-rtp"));
GstStaticPadTemplate sourceTemplate =
    GST_STATIC_PAD_TEMPLATE("src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS("application/x-rtp"));
GstStaticPadTemplate rtcpTemplate = GST_STATIC_PAD_TEMPLATE("sink_rtcp", GST_PAD_SINK, GST_PAD_REQUEST,
                                                            GST_STATIC_CAPS("application/x-rtcp"));

struct JitterElement {
    GstElement parent;
    GstPad* sink;
    GstPad* source;
    Stream* stream;
};
struct JitterElementClass {
    GstElementClass parent;
};

enum Property : guint { noProperty, latency, doRetransmission, doLost, stats, newestSequence };

guint requestPtMap = 0; ///< the signal

void initType(JitterElementClass* type);
void init(JitterElement* self);
GType elementType() {
    static const GType type = gst::registerType<JitterElement, JitterElementClass, initType, init>(
        GST_TYPE_ELEMENT, "SpillwayJitterBuffer");
    return type;
}

std::atomic<std::size_t> elements{0};

Stream& streamOf(gpointer self) {
    return *static_cast<JitterElement*>(self)->stream;
}

std::uint32_t requestClockRate(GstElement* element, unsigned payloadType) {
    GstCaps* answer = nullptr;
    g_signal_emit(element, requestPtMap, 0, payloadType, &answer);
    const auto caps = gst::Ref<GstCaps>::adopt(answer);
    gint rate = 0;
    if (caps && gst_caps_get_size(caps.get()) > 0)
        gst_structure_get_int(gst_caps_get_structure(caps.get(), 0), "clock-rate", &rate);
    return static_cast<std::uint32_t>(std::max(0, rate));
}

/// A payload type and its clock rate, where the caps have them.
void learnFrom(Stream& stream, GstEvent* event) {
    GstCaps* caps = nullptr;
    gst_event_parse_caps(event, &caps);
    const GstStructure* structure = gst_caps_get_structure(caps, 0);
    gint payloadType = -1;
    gint rate = 0;
    if (gst_structure_get_int(structure, "payload", &payloadType) && payloadType >= 0 && payloadType < 128 &&
        gst_structure_get_int(structure, "clock-rate", &rate) && rate > 0)
        stream.learn(static_cast<unsigned>(payloadType), static_cast<std::uint32_t>(rate));
}

GstFlowReturn onPacket(GstPad*, GstObject* parent, GstBuffer* buffer) noexcept {
    streamOf(parent).onPacket(gst::Ref<GstBuffer>::adopt(buffer));
    return GST_FLOW_OK;
}

gboolean onSinkEvent(GstPad* pad, GstObject* parent, GstEvent* event) noexcept {
    Stream& stream = streamOf(parent);
    switch (GST_EVENT_TYPE(event)) {
    case GST_EVENT_CAPS:
        learnFrom(stream, event);
        break;
    case GST_EVENT_FLUSH_STOP:
        stream.reset();
        break;
    case GST_EVENT_EOS:
        stream.drain();
        break;
    default:
        break;
    }
    return gst_pad_event_default(pad, parent, event);
}

/// Not to the RTCP pad as well.
gboolean onSourceEvent(GstPad*, GstObject* parent, GstEvent* event) noexcept {
    return gst_pad_push_event(gst::cast<JitterElement>(parent)->sink, event);
}

gboolean onSourceQuery(GstPad* pad, GstObject* parent, GstQuery* query) noexcept {
    auto* self = gst::cast<JitterElement>(parent);
    const auto type = GST_QUERY_TYPE(query);
    if (type == GST_QUERY_CAPS || type == GST_QUERY_ACCEPT_CAPS)
        return gst_pad_query_default(pad, parent, query);
    if (!gst_pad_peer_query(self->sink, query)) return FALSE;
    if (type != GST_QUERY_LATENCY) return TRUE;
    GstClockTime shortest = 0;
    gst_query_parse_latency(query, nullptr, &shortest, nullptr);
    shortest += static_cast<GstClockTime>(self->stream->settings().latency.count());
    gst_query_set_latency(query, TRUE, shortest, GST_CLOCK_TIME_NONE);
    return TRUE;
}

GstFlowReturn onReport(GstPad*, GstObject* parent, GstBuffer* buffer) noexcept {
    const auto owned = gst::Ref<GstBuffer>::adopt(buffer);
    streamOf(parent).onReport(buffer);
    return GST_FLOW_OK;
}

/// The stream's own events come by its own pad.
gboolean onReportEvent(GstPad*, GstObject*, GstEvent* event) noexcept {
    gst_event_unref(event);
    return TRUE;
}

GstPad* requestPad(GstElement* element, GstPadTemplate* padTemplate, const gchar*, const GstCaps*) noexcept {
    if (gst::staticPad(element, "sink_rtcp")) return nullptr;
    GstPad* pad = gst_pad_new_from_template(padTemplate, "sink_rtcp");
    gst_pad_set_chain_function(pad, onReport);
    gst_pad_set_event_function(pad, onReportEvent);
    gst_pad_set_active(pad, TRUE);
    gst_element_add_pad(element, pad);
    return pad;
}

void releasePad(GstElement* element, GstPad* pad) noexcept {
    gst_pad_set_active(pad, FALSE);
    gst_element_remove_pad(element, pad);
}

/// Live: there is no preroll.
GstStateChangeReturn changeState(GstElement* element, GstStateChange change) noexcept {
    if (change == GST_STATE_CHANGE_READY_TO_PAUSED) streamOf(element).reset();
    const auto result = gst::parentClassOf<GstElementClass>(elementType())->change_state(element, change);
    if (result == GST_STATE_CHANGE_FAILURE) return result;
    if (change == GST_STATE_CHANGE_PAUSED_TO_READY) streamOf(element).reset();
    const bool live =
        change == GST_STATE_CHANGE_READY_TO_PAUSED || change == GST_STATE_CHANGE_PLAYING_TO_PAUSED;
    return live ? GST_STATE_CHANGE_NO_PREROLL : result;
}

void setProperty(GObject* object, guint id, const GValue* value, GParamSpec* spec) noexcept {
    Stream& stream = streamOf(object);
    switch (id) {
    case latency:
        return stream.setLatency(milliseconds(g_value_get_uint(value)));
    case doRetransmission:
        return stream.setRetransmission(g_value_get_boolean(value) != FALSE);
    case doLost:
        return stream.setLostEvents(g_value_get_boolean(value) != FALSE);
    default:
        G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
    }
}

void getProperty(GObject* object, guint id, GValue* value, GParamSpec* spec) noexcept {
    const Stream& stream = streamOf(object);
    switch (id) {
    case latency:
        return g_value_set_uint(value, static_cast<guint>(stream.settings().latency / milliseconds(1)));
    case doRetransmission:
        return g_value_set_boolean(value, stream.settings().retransmission ? TRUE : FALSE);
    case doLost:
        return g_value_set_boolean(value, stream.lostEvents() ? TRUE : FALSE);
    case newestSequence:
        return g_value_set_uint(value, stream.newest());
    case stats:
        return g_value_take_boxed(value, stream.stats());
    default:
        G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
    }
}

void init(JitterElement* self) {
    ++elements;
    self->sink = gst_pad_new_from_static_template(&sinkTemplate, "sink");
    gst_pad_set_chain_function(self->sink, onPacket);
    gst_pad_set_event_function(self->sink, onSinkEvent);
    GST_PAD_SET_PROXY_CAPS(self->sink);
    gst_element_add_pad(&self->parent, self->sink);
    self->source = gst_pad_new_from_static_template(&sourceTemplate, "src");
    gst_pad_set_event_function(self->source, onSourceEvent);
    gst_pad_set_query_function(self->source, onSourceQuery);
    gst_element_add_pad(&self->parent, self->source);
}

void finalize(GObject* object) noexcept {
    delete gst::cast<JitterElement>(object)->stream;
    --elements;
    gst::parentClassOf<GObjectClass>(elementType())->finalize(object);
}

constexpr auto readOnly = static_cast<GParamFlags>(G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
constexpr auto readWrite = static_cast<GParamFlags>(G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS);

void installProperties(GObjectClass* type) {
    const auto add = [type](guint id, GParamSpec* spec) { g_object_class_install_property(type, id, spec); };
    add(latency, g_param_spec_uint("latency", "Latency", "What is missing is waited for this long (ms)", 0,
                                   G_MAXUINT, 100, readWrite));
    add(doRetransmission, g_param_spec_boolean("do-retransmission", "Retransmission",
                                               "Whether what is missing is asked for", FALSE, readWrite));
    add(doLost,
        g_param_spec_boolean("do-lost", "Lost events", "Whether gaps are told downstream", FALSE, readWrite));
    add(newestSequence,
        g_param_spec_uint("newest-sequence", "Newest", "The highest sequence number that came", 0,
                          G_MAXUINT16, 0, readOnly));
    add(stats, g_param_spec_boxed("stats", "Statistics", "Counts of packets", GST_TYPE_STRUCTURE, readOnly));
}

void installSignals(GType type) {
    requestPtMap = g_signal_new("request-pt-map", type, G_SIGNAL_RUN_LAST, 0, nullptr, nullptr, nullptr,
                                GST_TYPE_CAPS, 1, G_TYPE_UINT);
    g_signal_new("handle-sync", type, G_SIGNAL_RUN_LAST, 0, nullptr, nullptr, nullptr, G_TYPE_NONE, 1,
                 GST_TYPE_STRUCTURE | G_SIGNAL_TYPE_STATIC_SCOPE);
    const auto clear = [](gpointer self) noexcept { streamOf(self).forgetClockRates(); };
    g_signal_new_class_handler(
        "clear-pt-map", type, static_cast<GSignalFlags>(G_SIGNAL_RUN_LAST | G_SIGNAL_ACTION),
        reinterpret_cast<GCallback>(+clear), nullptr, nullptr, nullptr, G_TYPE_NONE, 0);
}

void initType(JitterElementClass* type) {
    auto* object = reinterpret_cast<GObjectClass*>(type);
    object->set_property = setProperty;
    object->get_property = getProperty;
    object->finalize = finalize;
    installProperties(object);
    installSignals(G_TYPE_FROM_CLASS(type));
    type->parent.change_state = changeState;
    type->parent.request_new_pad = requestPad;
    type->parent.release_pad = releasePad;
    for (auto* padTemplate : {&sinkTemplate, &sourceTemplate, &rtcpTemplate})
        gst_element_class_add_static_pad_template(&type->parent, padTemplate);
    gst_element_class_set_static_metadata(&type->parent, "Jitter buffer", "Filter/Network/RTP",
                                          "Orders the packets of one RTP stream, without a thread",
                                          "Spillway");
}

} // namespace

namespace spillway::relay::jitter {

GstElement* newElement(std::weak_ptr<Timers> timers, std::shared_ptr<Pool> pool,
                       std::shared_ptr<rtp::SenderClocks> senders) {
    auto* self = static_cast<JitterElement*>(g_object_new(elementType(), nullptr));
    Stream::Element element{&self->parent, self->sink, self->source, [self](unsigned payloadType) {
                                return requestClockRate(&self->parent, payloadType);
                            }};
    if (!senders) senders = std::make_shared<rtp::SenderClocks>(rtp::SenderClocks::Senders::one);
    self->stream = new Stream(std::move(element), std::move(timers), std::move(pool), std::move(senders));
    return &self->parent;
}

std::shared_ptr<const rtp::CaptureClock> clockOf(GstElement* element) {
    return streamOf(element).clock();
}

bool knows(GstElement* jitterBuffer, unsigned payloadType) {
    return streamOf(jitterBuffer).knows(payloadType);
}

void setExit(GstElement* jitterBuffer, unsigned payloadType, gst::Ref<GstPad> exit) {
    streamOf(jitterBuffer).setExit(payloadType, std::move(exit));
}

std::size_t liveElements() {
    return elements;
}

} // namespace spillway::relay::jitter
