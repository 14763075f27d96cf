#include "relay/ingest/ice_agent.h"

#include "relay/gst/buffer_map.h"
#include "relay/gst/buffer_sink.h"
#include "relay/gst/element.h"
#include "relay/gst/live_source.h"
#include "relay/gst/type.h"

#include <gst/webrtc/ice.h>
#include <gst/webrtc/icestream.h>
#include <gst/webrtc/icetransport.h>
#include <gst/webrtc/webrtc.h>

#include <utility>

namespace {

using namespace spillway;

/// Holds source and sink: the bins they are in let go of them first.
struct Transport {
    GstWebRTCICETransport parent;
};
struct TransportClass {
    GstWebRTCICETransportClass parent;
};
void initTransportType(TransportClass* type);
void initTransport(Transport* self);
GType transportType() {
    static const GType type = gst::registerType<Transport, TransportClass, initTransportType, initTransport>(
        GST_TYPE_WEBRTC_ICE_TRANSPORT, "SpillwayTransport");
    return type;
}

void initTransport(Transport* self) {
    self->parent.role = GST_WEBRTC_ICE_ROLE_CONTROLLED;
}

void disposeTransport(GObject* object) noexcept {
    auto* transport = GST_WEBRTC_ICE_TRANSPORT(object);
    gst_clear_object(&transport->src);
    gst_clear_object(&transport->sink);
    gst::parentClassOf<GObjectClass>(transportType())->dispose(object);
}

void initTransportType(TransportClass* type) {
    G_OBJECT_CLASS(type)->dispose = disposeTransport;
}

struct Stream {
    GstWebRTCICEStream parent;
    GstWebRTCICETransport* transport;
};
struct StreamClass {
    GstWebRTCICEStreamClass parent;
};
void initStreamType(StreamClass* type);
void initStream(Stream* self);
GType streamType() {
    static const GType type = gst::registerType<Stream, StreamClass, initStreamType, initStream>(
        GST_TYPE_WEBRTC_ICE_STREAM, "SpillwayStream");
    return type;
}

GstWebRTCICETransport* transportOf(GstWebRTCICEStream* stream, GstWebRTCICEComponent) noexcept {
    auto* transport = gst::cast<Stream>(stream)->transport;
    return transport ? GST_WEBRTC_ICE_TRANSPORT(gst_object_ref(transport)) : nullptr;
}

gboolean gatherOfStream(GstWebRTCICEStream*) noexcept {
    return TRUE;
}

void initStream(Stream*) {}

void disposeStream(GObject* object) noexcept {
    gst_clear_object(&gst::cast<Stream>(object)->transport);
    gst::parentClassOf<GObjectClass>(streamType())->dispose(object);
}

void initStreamType(StreamClass* type) {
    G_OBJECT_CLASS(type)->dispose = disposeStream;
    type->parent.find_transport = transportOf;
    type->parent.gather_candidates = gatherOfStream;
}

/// What an agent is made with.
struct Parts {
    std::vector<std::string> candidates;
    gst::Ref<GstWebRTCICETransport> transport;
};

struct Agent {
    GstWebRTCICE parent;
    Parts* parts;
    GstWebRTCICEStream* stream; ///< webrtcbin keeps no reference of its own
    GstWebRTCICEOnCandidateFunc onCandidate;
    gpointer onCandidateData;
    GDestroyNotify onCandidateNotify;
};
struct AgentClass {
    GstWebRTCICEClass parent;
};
void initAgentType(AgentClass* type);
void initAgent(Agent* self);
GType agentType() {
    static const GType type =
        gst::registerType<Agent, AgentClass, initAgentType, initAgent>(GST_TYPE_WEBRTC_ICE, "SpillwayAgent");
    return type;
}

Agent* ours(GstWebRTCICE* agent) {
    return gst::cast<Agent>(agent);
}

GstWebRTCICEStream* addStream(GstWebRTCICE* agent, guint session) noexcept {
    Agent& self = *ours(agent);
    if (self.stream) return self.stream;
    auto* stream = static_cast<Stream*>(g_object_new(streamType(), "stream-id", session, nullptr));
    gst_object_ref_sink(stream);
    stream->transport = GST_WEBRTC_ICE_TRANSPORT(gst_object_ref(self.parts->transport.get()));
    self.stream = GST_WEBRTC_ICE_STREAM(stream);
    return self.stream;
}

GstWebRTCICETransport* findTransport(GstWebRTCICE*, GstWebRTCICEStream* stream,
                                     GstWebRTCICEComponent component) noexcept {
    return gst_webrtc_ice_stream_find_transport(stream, component);
}

gboolean gather(GstWebRTCICE* agent, GstWebRTCICEStream* stream) noexcept {
    Agent& self = *ours(agent);
    auto* transport = self.parts->transport.get();
    gst_webrtc_ice_transport_gathering_state_change(transport, GST_WEBRTC_ICE_GATHERING_STATE_GATHERING);
    if (self.onCandidate)
        for (const std::string& candidate : self.parts->candidates)
            self.onCandidate(agent, stream->stream_id, candidate.c_str(), self.onCandidateData);
    gst_webrtc_ice_transport_gathering_state_change(transport, GST_WEBRTC_ICE_GATHERING_STATE_COMPLETE);
    return TRUE;
}

#if GST_CHECK_VERSION(1, 23, 0)
void ignoreCandidate(GstWebRTCICE*, GstWebRTCICEStream*, const gchar*, GstPromise*) noexcept {}
#else
void ignoreCandidate(GstWebRTCICE*, GstWebRTCICEStream*, const gchar*) noexcept {}
#endif

/// The port knows the credentials of both sides before webrtcbin does.
gboolean takeCredentials(GstWebRTCICE*, GstWebRTCICEStream* stream, const gchar* ufrag,
                         const gchar* password) noexcept {
    return stream && ufrag && password ? TRUE : FALSE;
}

void setOnCandidate(GstWebRTCICE* agent, GstWebRTCICEOnCandidateFunc function, gpointer data,
                    GDestroyNotify notify) noexcept {
    Agent& self = *ours(agent);
    if (self.onCandidateNotify) self.onCandidateNotify(self.onCandidateData);
    self.onCandidate = function;
    self.onCandidateData = data;
    self.onCandidateNotify = notify;
}

/// Whoever answers an offer as a lite agent is controlled (RFC 8445 section 6.1.1).
gboolean isController(GstWebRTCICE*) noexcept {
    return FALSE;
}

gboolean refuseTurnServer(GstWebRTCICE*, const gchar*) noexcept {
    return FALSE;
}

void ignoreFlag(GstWebRTCICE*, gboolean) noexcept {}
void ignoreText(GstWebRTCICE*, const gchar*) noexcept {}
gchar* noText(GstWebRTCICE*) noexcept {
    return nullptr;
}
void ignoreTos(GstWebRTCICE*, GstWebRTCICEStream*, guint) noexcept {}

/// webrtcbin's statistics take the list and free it.
GstWebRTCICECandidateStats** noCandidates(GstWebRTCICE*, GstWebRTCICEStream*) noexcept {
    return g_new0(GstWebRTCICECandidateStats*, 1);
}

gboolean noPair(GstWebRTCICE*, GstWebRTCICEStream*, GstWebRTCICECandidateStats** local,
                GstWebRTCICECandidateStats** remote) noexcept {
    *local = nullptr;
    *remote = nullptr;
    return FALSE;
}

void initAgent(Agent* agent) {
    agent->parts = new Parts;
}

void disposeAgent(GObject* object) noexcept {
    auto* agent = gst::cast<Agent>(object);
    setOnCandidate(&agent->parent, nullptr, nullptr, nullptr);
    gst_clear_object(&agent->stream);
    gst::parentClassOf<GObjectClass>(agentType())->dispose(object);
}

void finalizeAgent(GObject* object) noexcept {
    delete gst::cast<Agent>(object)->parts;
    gst::parentClassOf<GObjectClass>(agentType())->finalize(object);
}

void initAgentType(AgentClass* type) {
    G_OBJECT_CLASS(type)->dispose = disposeAgent;
    G_OBJECT_CLASS(type)->finalize = finalizeAgent;
    GstWebRTCICEClass& ice = type->parent;
    ice.add_stream = addStream;
    ice.find_transport = findTransport;
    ice.gather_candidates = gather;
    ice.add_candidate = ignoreCandidate;
    ice.set_local_credentials = takeCredentials;
    ice.set_remote_credentials = takeCredentials;
    ice.add_turn_server = refuseTurnServer;
    ice.set_is_controller = ignoreFlag;
    ice.get_is_controller = isController;
    ice.set_force_relay = ignoreFlag;
    ice.set_stun_server = ignoreText;
    ice.get_stun_server = noText;
    ice.set_turn_server = ignoreText;
    ice.get_turn_server = noText;
    ice.set_http_proxy = ignoreText;
    ice.get_http_proxy = noText;
    ice.set_tos = ignoreTos;
    ice.set_on_ice_candidate = setOnCandidate;
    ice.get_local_candidates = noCandidates;
    ice.get_remote_candidates = noCandidates;
    ice.get_selected_pair = noPair;
}

gst::Ref<GstWebRTCICETransport> makeTransport(const gst::Ref<GstElement>& source,
                                              const gst::Ref<GstElement>& sink) {
    auto* transport = GST_WEBRTC_ICE_TRANSPORT(
        g_object_new(transportType(), "component", GST_WEBRTC_ICE_COMPONENT_RTP, nullptr));
    transport->src = gst::Ref<GstElement>(source).release();
    transport->sink = gst::Ref<GstElement>(sink).release();
    return gst::Ref<GstWebRTCICETransport>::sink(transport);
}

gst::Ref<GstElement> sinkOf(relay::ingest::SendDatagram send) {
    return gst::makeBufferSink([send = std::move(send)](const gst::Ref<GstBuffer>& buffer) {
        send(gst::BufferMap(buffer.get()).bytes());
    });
}

} // namespace

namespace spillway::relay::ingest {

IceAgent::IceAgent(std::vector<std::string> candidates, SendDatagram send)
    : source_(gst::makeLiveSource("application/x-rtp", "datagrams")) {
    auto* agent = static_cast<Agent*>(g_object_new(agentType(), nullptr));
    agent_ = gst::Ref<GObject>::sink(G_OBJECT(agent));
    *agent->parts = {std::move(candidates), makeTransport(source_, sinkOf(std::move(send)))};
}

namespace {

void report(GObject* agent, GstWebRTCICEConnectionState state) {
    gst_webrtc_ice_transport_connection_state_change(reinterpret_cast<Agent*>(agent)->parts->transport.get(),
                                                     state);
}

} // namespace

void IceAgent::reportConnected() {
    report(agent_.get(), GST_WEBRTC_ICE_CONNECTION_STATE_CONNECTED);
    report(agent_.get(), GST_WEBRTC_ICE_CONNECTION_STATE_COMPLETED);
}

void IceAgent::reportFailed() {
    report(agent_.get(), GST_WEBRTC_ICE_CONNECTION_STATE_FAILED);
}

} // namespace spillway::relay::ingest
