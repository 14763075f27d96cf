#include "relay/synthetic/publisher.h"

#include "relay/gst/bus_watch.h"
#include "relay/gst/element.h"
#include "relay/gst/pipeline.h"
#include "relay/gst/promise.h"
#include "relay/gst/signal.h"
#include "relay/peer_ice.h"
#include "relay/synthetic/media_source.h"

#include <gst/sdp/sdp.h>
#include <gst/webrtc/webrtc.h>
#include <spdlog/spdlog.h>

#include <optional>

namespace spillway::relay {

namespace {

gst::Ref<GstElement> makeWebrtcbin(const std::string& name) {
    auto webrtcbin = gst::makeElement("webrtcbin");
    g_object_set(webrtcbin.get(), "bundle-policy", GST_WEBRTC_BUNDLE_POLICY_MAX_BUNDLE, nullptr);
    PeerSettings settings;
    settings.label = "publisher=" + name;
    settings.loopbackOnly = true;
    configureIce(webrtcbin.get(), settings);
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

} // namespace

struct Publisher::Impl {
    Impl(Loop& mainLoop, PublisherSettings publisherSettings);

    void createOffer();
    void setLocal(GstWebRTCSessionDescription* offer);
    void onGathered();
    void finish(const std::string& sdp);
    /// A function for any thread that runs `fn` on the loop if this object still is.
    std::function<void()> onLoop(void (Impl::*fn)()) {
        return [this, fn, &owner = loop, token = lifetime.token()] {
            owner.post([this, fn, token] {
                if (!token.expired()) (this->*fn)();
            });
        };
    }

    Loop& loop;
    PublisherSettings settings;
    gst::Pipeline pipeline{nullptr};
    gst::Ref<GstElement> webrtcbin;
    std::optional<VideoSource> video;
    std::function<void(std::string)> onOffer;
    gst::SignalConnection gathering;
    std::vector<gst::PadProbe> frozen;
    gst::BusWatch bus;
    Lifetime lifetime;
};

Publisher::Impl::Impl(Loop& mainLoop, PublisherSettings publisherSettings)
    : loop(mainLoop)
    , settings(std::move(publisherSettings))
    , webrtcbin(makeWebrtcbin(settings.name)) {
    gst::addTo(pipeline.get(), webrtcbin);
    video.emplace(pipeline.get(), settings);
    addSender(webrtcbin.get(), video->output());
    if (settings.audio) addSender(webrtcbin.get(), addTone(pipeline.get()));
    bus = gst::BusWatch(pipeline.get(), [name = settings.name](GstMessage* message) {
        if (GST_MESSAGE_TYPE(message) != GST_MESSAGE_ERROR) return;
        GError* error = nullptr;
        gst_message_parse_error(message, &error, nullptr);
        spdlog::warn("synthetic publisher failed publisher={} error=\"{}\"", name, error->message);
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

void Publisher::Impl::createOffer() {
    auto promise =
        gst::makePromise([this, token = lifetime.token(), &owner = loop](const GstStructure* reply) {
            GstWebRTCSessionDescription* offer = nullptr;
            if (reply)
                gst_structure_get(reply, "offer", GST_TYPE_WEBRTC_SESSION_DESCRIPTION, &offer, nullptr);
            owner.post([this, token, offer] {
                if (!token.expired()) setLocal(offer);
                if (offer) gst_webrtc_session_description_free(offer);
            });
        });
    g_signal_emit_by_name(webrtcbin.get(), "create-offer", nullptr, promise.get());
}

void Publisher::Impl::setLocal(GstWebRTCSessionDescription* offer) {
    if (!offer) return finish({});
    g_signal_emit_by_name(webrtcbin.get(), "set-local-description", offer, nullptr);
}

void Publisher::Impl::onGathered() {
    GstWebRTCSessionDescription* offer = nullptr;
    g_object_get(webrtcbin.get(), "local-description", &offer, nullptr);
    if (!offer) return finish({});
    gchar* text = gst_sdp_message_as_text(offer->sdp);
    const std::string sdp(text);
    g_free(text);
    gst_webrtc_session_description_free(offer);
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
    GstWebRTCSessionDescription* answer =
        gst_webrtc_session_description_new(GST_WEBRTC_SDP_TYPE_ANSWER, message);
    g_signal_emit_by_name(impl_->webrtcbin.get(), "set-remote-description", answer, nullptr);
    gst_webrtc_session_description_free(answer);
    return true;
}

void Publisher::setCamera(bool on) {
    impl_->video->setOn(on);
}

void Publisher::freeze() {
    GstIterator* sinks =
        gst_bin_iterate_all_by_element_factory_name(gst::cast<GstBin>(impl_->webrtcbin.get()), "nicesink");
    const auto block = [](const GValue* item, gpointer probes) {
        const auto pad = gst::staticPad(static_cast<GstElement*>(g_value_get_object(item)), "sink");
        const auto type =
            static_cast<GstPadProbeType>(GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST);
        static_cast<std::vector<gst::PadProbe>*>(probes)->emplace_back(
            pad.get(), type, [](GstPadProbeInfo*) { return GST_PAD_PROBE_DROP; });
    };
    gst_iterator_foreach(sinks, block, &impl_->frozen);
    gst_iterator_free(sinks);
}

std::uint64_t Publisher::videoFramesSent() const {
    return impl_->video->frames();
}

std::uint64_t Publisher::keyframeRequests() const {
    return impl_->video->keyframeRequests();
}

} // namespace spillway::relay
