#include "relay/synthetic/publisher.h"

#include "relay/base/log.h"
#include "relay/gst/bin.h"
#include "relay/gst/bus_watch.h"
#include "relay/gst/element.h"
#include "relay/gst/pipeline.h"
#include "relay/gst/promise.h"
#include "relay/gst/signal.h"
#include "relay/peer/ice.h"
#include "relay/peer/rtpbin.h"
#include "relay/peer/teardown.h"
#include "relay/synthetic/media_source.h"

#include <gst/sdp/sdp.h>
#include <gst/webrtc/webrtc.h>
#include <optional>
#include <semaphore>

namespace spillway::relay {

namespace {

using Description = std::shared_ptr<GstWebRTCSessionDescription>;

/// Takes it over; may be null.
Description owned(GstWebRTCSessionDescription* description) {
    return {description, [](GstWebRTCSessionDescription* last) {
                if (last) gst_webrtc_session_description_free(last);
            }};
}

gst::Ref<GstElement> makeWebrtcbin(const PublisherSettings& publisher) {
    auto webrtcbin = gst::makeElement("webrtcbin");
    g_object_set(webrtcbin.get(), "bundle-policy", GST_WEBRTC_BUNDLE_POLICY_MAX_BUNDLE, nullptr);
    PeerSettings settings;
    settings.label = "publisher=" + publisher.name;
    settings.loopbackOnly = true;
    settings.tcp = publisher.tcp;
    configureIce(webrtcbin.get(), settings);
    // By default its reports tell when a packet was sent, whatever the encoder took.
    g_object_set(rtpbinOf(webrtcbin.get()).get(), "rtcp-sync-send-time", FALSE, nullptr);
    return webrtcbin;
}

/// Links to a new transceiver that only sends.
void addSender(GstElement* webrtcbin, GstElement* output) {
    const auto sink = gst::Ref<GstPad>::adopt(gst_element_request_pad_simple(webrtcbin, "sink_%u"));
    const auto source = gst::staticPad(output, "src");
    if (!sink || gst_pad_link(source.get(), sink.get()) != GST_PAD_LINK_OK)
        throw std::runtime_error(std::string("cannot link ") + gst::nameOf(output) + " to webrtcbin");
    GstWebRTCRTPTransceiver* transceiver = nullptr;
    g_object_get(sink.get(), "transceiver", &transceiver, nullptr);
    const auto owner = gst::Ref<GstWebRTCRTPTransceiver>::adopt(transceiver);
    g_object_set(transceiver, "do-nack", TRUE, "direction", GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_SENDONLY,
                 nullptr);
}

constexpr std::chrono::milliseconds goodbyeTime{500};

/// Whether the packet is DTLS and not SRTP (RFC 5764 section 5.1.2).
bool isDtls(GstBuffer* buffer) {
    guint8 first = 0;
    return gst_buffer_extract(buffer, 0, &first, 1) == 1 && first >= 20 && first <= 63;
}

/// webrtcbin's own state lags behind.
bool isConnected(GstElement* dtlsEncoder) {
    constexpr gint connected = 4; // of GstDtlsConnectionState, which has no header
    gint state = 0;
    g_object_get(dtlsEncoder, "connection-state", &state, nullptr);
    return state == connected;
}

/// Closes DTLS as a browser does; webrtcbin itself just stops. Waits for the thread that sends, a moment at
/// most.
void sayGoodbye(GstElement* webrtcbin) {
    const auto alert = std::make_shared<std::counting_semaphore<>>(0);
    std::vector<gst::PadProbe> probes;
    std::vector<gst::Ref<GstPad>> sources;
    for (const auto& sink : gst::elementsOf(webrtcbin, "nicesink")) {
        const auto note = [alert](GstPadProbeInfo* info) {
            if (isDtls(gst_pad_probe_info_get_buffer(info))) alert->release();
            return GST_PAD_PROBE_OK;
        };
        const auto pad = gst::staticPad(sink.get(), "sink");
        probes.emplace_back(pad.get(), GST_PAD_PROBE_TYPE_BUFFER, note);
        sources.push_back(gst::Ref<GstPad>::adopt(gst_pad_get_peer(pad.get())));
    }
    bool open = false;
    for (const auto& encoder : gst::elementsOf(webrtcbin, "dtlsenc")) {
        if (!isConnected(encoder.get())) continue;
        open = true;
        GstIterator* sinks = gst_element_iterate_sink_pads(encoder.get());
        const auto close = [](const GValue* item, gpointer) {
            gst_pad_send_event(static_cast<GstPad*>(g_value_get_object(item)), gst_event_new_eos());
        };
        gst_iterator_foreach(sinks, close, nullptr);
        gst_iterator_free(sinks);
    }
    if (!open || !alert->try_acquire_for(goodbyeTime)) return;
    // Seen is not sent: a sink that stops in between forgets it.
    for (const auto& source : sources)
        if (source) gst::awaitIdle(source.get(), goodbyeTime);
}

} // namespace

struct Publisher::Impl {
    Impl(Loop& mainLoop, PublisherSettings publisherSettings);
    ~Impl();

    void createOffer();
    void setLocal(const Description& offer);
    void onGathered();
    void finish(const std::string& sdp);
    /// A function for any thread that runs `fn` on the loop if this object still is.
    std::function<void()> onLoop(void (Impl::*fn)()) {
        return [this, fn, post = loop.poster(lifetime)] { post([this, fn] { (this->*fn)(); }); };
    }

    Loop& loop;
    PublisherSettings settings;
    gst::Pipeline pipeline{nullptr};
    gst::Ref<GstElement> webrtcbin;
    std::optional<VideoSource> video;
    std::function<void(std::string)> onOffer;
    gst::Promise pending;
    gst::SignalConnection gathering;
    std::vector<gst::PadProbe> frozen;
    gst::BusWatch bus;
    Lifetime lifetime;
};

Publisher::Impl::Impl(Loop& mainLoop, PublisherSettings publisherSettings)
    : loop(mainLoop)
    , settings(std::move(publisherSettings))
    , webrtcbin(makeWebrtcbin(settings)) {
    gst::addTo(pipeline.get(), webrtcbin);
    video.emplace(pipeline.get(), settings);
    addSender(webrtcbin.get(), video->output());
    if (settings.audio) addSender(webrtcbin.get(), addTone(pipeline.get()));
    bus = gst::BusWatch(pipeline.get(), [name = settings.name](GstMessage* message) {
        GError* error = nullptr;
        gst_message_parse_error(message, &error, nullptr);
        log::warn("synthetic publisher failed publisher={} error=\"{}\"", name, error->message);
        g_error_free(error);
    });
    gathering = gst::SignalConnection::connect<void(GParamSpec*)>(
        webrtcbin.get(), "notify::ice-gathering-state",
        [bin = webrtcbin.get(), gathered = onLoop(&Impl::onGathered)](GParamSpec*) {
            GstWebRTCICEGatheringState state = GST_WEBRTC_ICE_GATHERING_STATE_NEW;
            g_object_get(bin, "ice-gathering-state", &state, nullptr);
            if (state == GST_WEBRTC_ICE_GATHERING_STATE_COMPLETE) gathered();
        });
    if (!pipeline.play()) throw std::runtime_error("the synthetic publisher does not start");
}

Publisher::Impl::~Impl() {
    sayGoodbye(webrtcbin.get());
    stopWebrtc(pipeline, webrtcbin.get());
}

void Publisher::Impl::createOffer() {
    pending = gst::Promise([this, post = loop.poster(lifetime)](const GstStructure* reply) {
        GstWebRTCSessionDescription* offer = nullptr;
        if (reply) gst_structure_get(reply, "offer", GST_TYPE_WEBRTC_SESSION_DESCRIPTION, &offer, nullptr);
        post([this, made = owned(offer)] { setLocal(made); });
    });
    g_signal_emit_by_name(webrtcbin.get(), "create-offer", nullptr, pending.get());
}

void Publisher::Impl::setLocal(const Description& offer) {
    if (!offer) return finish({});
    g_signal_emit_by_name(webrtcbin.get(), "set-local-description", offer.get(), nullptr);
}

void Publisher::Impl::onGathered() {
    GstWebRTCSessionDescription* found = nullptr;
    g_object_get(webrtcbin.get(), "local-description", &found, nullptr);
    const Description offer = owned(found);
    if (!offer) return finish({});
    gchar* text = gst_sdp_message_as_text(offer->sdp);
    const std::string sdp(text);
    g_free(text);
    finish(sdp);
}

void Publisher::Impl::finish(const std::string& sdp) {
    if (const auto callback = std::exchange(onOffer, nullptr)) callback(sdp);
}

Publisher::Publisher(Loop& loop, PublisherSettings settings)
    : impl_(std::make_unique<Impl>(loop, std::move(settings))) {}

Publisher::~Publisher() = default;

void Publisher::offer(std::function<void(std::string sdp)> onOffer) {
    impl_->onOffer = std::move(onOffer);
    impl_->createOffer();
}

bool Publisher::answer(const std::string& sdp) {
    GstSDPMessage* message = nullptr;
    if (gst_sdp_message_new_from_text(sdp.c_str(), &message) != GST_SDP_OK) return false;
    const Description answer = owned(gst_webrtc_session_description_new(GST_WEBRTC_SDP_TYPE_ANSWER, message));
    g_signal_emit_by_name(impl_->webrtcbin.get(), "set-remote-description", answer.get(), nullptr);
    return true;
}

void Publisher::setCamera(bool on) {
    impl_->video->setOn(on);
}

void Publisher::freeze() {
    for (const auto& sink : gst::elementsOf(impl_->webrtcbin.get(), "nicesink")) {
        const auto type =
            static_cast<GstPadProbeType>(GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST);
        impl_->frozen.emplace_back(gst::staticPad(sink.get(), "sink").get(), type,
                                   [](GstPadProbeInfo*) { return GST_PAD_PROBE_DROP; });
    }
}

std::uint64_t Publisher::videoFramesSent() const {
    return impl_->video->frames();
}

std::uint64_t Publisher::keyframeRequests() const {
    return impl_->video->keyframeRequests();
}

} // namespace spillway::relay
