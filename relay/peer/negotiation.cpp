#include "relay/peer/negotiation.h"

#include "config/text.h"
#include "relay/base/log.h"
#include "relay/dtls/ice_credentials.h"
#include "relay/dtls/identity.h"
#include "relay/gst/element.h"
#include "relay/sdp/candidate.h"
#include "relay/sdp/receiving_offer.h"

#include <gst/sdp/sdp.h>
#include <gst/webrtc/webrtc.h>
#include <optional>

namespace spillway::relay {

namespace {

/// How long a STUN or TURN server may take before the answer goes out without its candidates.
constexpr std::chrono::milliseconds gatheringPatience{1000};

struct DescriptionDeleter {
    void operator()(GstWebRTCSessionDescription* description) const {
        gst_webrtc_session_description_free(description);
    }
};
using DescriptionPtr = std::unique_ptr<GstWebRTCSessionDescription, DescriptionDeleter>;

DescriptionPtr parse(GstWebRTCSDPType type, const std::string& text) {
    GstSDPMessage* message = nullptr;
    if (gst_sdp_message_new_from_text(text.c_str(), &message) != GST_SDP_OK) return nullptr;
    return DescriptionPtr(gst_webrtc_session_description_new(type, message));
}

/// The message of the `error` in a reply; nothing when it has none.
std::optional<std::string> errorIn(const GstStructure* reply) {
    GError* error = nullptr;
    if (!reply || !gst_structure_has_field(reply, "error")) return std::nullopt;
    gst_structure_get(reply, "error", G_TYPE_ERROR, &error, nullptr);
    std::string message = error ? error->message : "unknown error";
    g_clear_error(&error);
    return message;
}

/// Our answer is passive wherever the offer leaves the choice to us.
const char* answeredSetup(const std::string& offered) {
    return offered == "passive" ? "active" : "passive";
}

/// A transceiver that receives, so that webrtcbin has a line to offer. What the line says is ours.
void addReceiver(GstElement* webrtcbin, const sdp::MediaLine& line) {
    const sdp::Payload& first = line.payloads.front();
    const auto caps = gst::Ref<GstCaps>::adopt(gst_caps_new_simple(
        "application/x-rtp", "media", G_TYPE_STRING, line.kind.c_str(), "encoding-name", G_TYPE_STRING,
        raised(first.encoding).c_str(), "payload", G_TYPE_INT, static_cast<gint>(first.type), "clock-rate",
        G_TYPE_INT, static_cast<gint>(first.clockRate), nullptr));
    GstWebRTCRTPTransceiver* transceiver = nullptr;
    g_signal_emit_by_name(webrtcbin, "add-transceiver", GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_RECVONLY,
                          caps.get(), &transceiver);
    if (transceiver) gst_object_unref(transceiver);
}

} // namespace

template <class... Args>
auto PeerNegotiation::onLoop(void (PeerNegotiation::*fn)(Args...)) {
    return [this, fn, post = loop_.poster(lifetime_)](std::decay_t<Args>... args) {
        post([this, fn, args...] { (this->*fn)(args...); });
    };
}

PeerNegotiation::PeerNegotiation(Loop& loop, GstElement* webrtcbin, std::string label, bool iceLite,
                                 std::function<void(const std::string&)> onLateCandidate)
    : loop_(loop)
    , webrtcbin_(webrtcbin)
    , label_(std::move(label))
    , onLateCandidate_(std::move(onLateCandidate)) {
    transport_.iceLite = iceLite;
    candidate_ = gst::SignalConnection::connect<void(guint, const gchar*)>(
        webrtcbin, "on-ice-candidate",
        [post = onLoop(&PeerNegotiation::onCandidate)](guint, const gchar* text) { post(text); });
    gathering_ = gst::SignalConnection::connect<void(GParamSpec*)>(
        webrtcbin, "notify::ice-gathering-state",
        [webrtcbin, post = onLoop(&PeerNegotiation::onGathered)](GParamSpec*) {
            GstWebRTCICEGatheringState state = GST_WEBRTC_ICE_GATHERING_STATE_NEW;
            g_object_get(webrtcbin, "ice-gathering-state", &state, nullptr);
            if (state == GST_WEBRTC_ICE_GATHERING_STATE_COMPLETE) post();
        });
}

void PeerNegotiation::begin(Side side, std::chrono::milliseconds deadline,
                            std::function<void(LocalDescription)> onDone) {
    side_ = side;
    onDone_ = std::move(onDone);
    deadline_ = loop_.after(deadline, [this] { onDeadline(); });
}

/// The signal of webrtcbin, where it has one.
const char* PeerNegotiation::nameOf(Step step) {
    switch (step) {
    case Step::offer:
        return "create-offer";
    case Step::remoteDescription:
        return "set-remote-description";
    case Step::localDescription:
        return "set-local-description";
    case Step::candidates:
        return "candidates";
    }
    return "";
}

/// webrtcbin does not say that its agent found nothing to bind.
void PeerNegotiation::onDeadline() {
    const bool nothing = step_ == Step::candidates && candidates_.empty();
    fail(nothing ? "no port and no address is free for ICE"
                 : std::string("no description in time, waiting for ") + nameOf(step_));
}

void PeerNegotiation::start(std::shared_ptr<const sdp::RemoteDescription> offer,
                            std::chrono::milliseconds deadline,
                            std::function<void(LocalDescription)> onAnswer) {
    theirs_ = std::move(offer);
    begin(Side::answerer, deadline, std::move(onAnswer));
    setTransport(answeredSetup(theirs_->setup));
    setDescription(Step::remoteDescription, Description::offer, theirs_->textForWebrtcbin(),
                   &PeerNegotiation::setLocal);
}

void PeerNegotiation::offer(std::vector<sdp::MediaLine> ours, std::chrono::milliseconds deadline,
                            std::function<void(LocalDescription)> onOffer) {
    ours_ = std::move(ours);
    begin(Side::offerer, deadline, std::move(onOffer));
    setTransport("actpass");
    for (const sdp::MediaLine& line : ours_)
        addReceiver(webrtcbin_, line);
    createOffer();
}

/// It stays as it was first.
void PeerNegotiation::setTransport(const char* setup) {
    if (transport_.ice.ufrag.empty())
        transport_ = {dtls::randomIceCredentials(), dtls::ourIdentity().fingerprint(), setup,
                      transport_.iceLite};
}

/// What it says is not needed, but it gives each transceiver its line.
void PeerNegotiation::createOffer() {
    step_ = Step::offer;
    pending_ = promise(&PeerNegotiation::setLocal);
    g_signal_emit_by_name(webrtcbin_, "create-offer", nullptr, pending_.get());
}

void PeerNegotiation::takeAnswer(const sdp::RemoteDescription& theirs) {
    setDescription(Step::remoteDescription, Description::answer, sdp::answerFromServer(theirs),
                   &PeerNegotiation::onAnswerTaken);
}

void PeerNegotiation::setDescription(Step step, Description type, const std::string& text,
                                     void (PeerNegotiation::*next)()) {
    step_ = step;
    const auto description =
        parse(type == Description::offer ? GST_WEBRTC_SDP_TYPE_OFFER : GST_WEBRTC_SDP_TYPE_ANSWER, text);
    if (!description) return fail("GStreamer cannot read a description that we wrote");
    pending_ = promise(next);
    g_signal_emit_by_name(webrtcbin_, nameOf(step), description.get(), pending_.get());
}

gst::Promise PeerNegotiation::promise(void (PeerNegotiation::*next)()) {
    return gst::Promise(
        [done = onLoop(next), refused = onLoop(&PeerNegotiation::fail)](const GstStructure* reply) {
            if (const auto error = errorIn(reply))
                refused("webrtcbin: " + *error);
            else
                done();
        });
}

void PeerNegotiation::setLocal() {
    if (!busy()) return;
    const bool offers = side_ == Side::offerer;
    setDescription(Step::localDescription, offers ? Description::offer : Description::answer,
                   offers ? sdp::offerText(ours_, transport_, {})
                          : sdp::answerForWebrtcbin(*theirs_, transport_),
                   &PeerNegotiation::onLocalSet);
}

void PeerNegotiation::onLocalSet() {
    if (!busy()) return;
    step_ = Step::candidates;
    if (gathered_) return onGathered();
    patience_ = loop_.after(gatheringPatience, [this] {
        if (!candidates_.empty()) onGathered();
    });
}

void PeerNegotiation::onCandidate(const std::string& text) {
    const auto candidate = sdp::parseCandidate(text);
    // The port's own are all of use, those of TCP too.
    if (!candidate || !(candidate->usable || transport_.iceLite)) return;
    candidates_.push_back(candidate->text);
    if (gathered_) return onLateCandidate_(candidate->text);
    // Patience was over before the first one came.
    if (busy() && step_ == Step::candidates && !patience_) onGathered();
}

void PeerNegotiation::onGathered() {
    gathered_ = true;
    if (!busy() || step_ != Step::candidates) return;
    finish({side_ == Side::offerer ? sdp::offerText(ours_, transport_, candidates_)
                                   : sdp::answerForPeer(*theirs_, transport_, candidates_),
            std::nullopt});
}

void PeerNegotiation::fail(const std::string& detail) {
    if (!busy()) return;
    log::error("negotiation failed {} error=\"{}\"", label_, detail);
    finish({{}, NegotiationError{NegotiationError::Kind::internal, detail}});
}

void PeerNegotiation::finish(LocalDescription answer) {
    deadline_.cancel();
    patience_.cancel();
    // Posted: the receiver may destroy this object, and nothing of it may be on the stack then.
    loop_.post(lifetime_.guard(
        [onDone = std::exchange(onDone_, nullptr), answer = std::move(answer)] { onDone(answer); }));
}

} // namespace spillway::relay
