#include "relay/peer_negotiation.h"

#include "relay/sdp/candidate.h"

#include <gst/sdp/sdp.h>
#include <gst/webrtc/webrtc.h>
#include <spdlog/spdlog.h>

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

std::string answerIn(const GstStructure* reply) {
    GstWebRTCSessionDescription* answer = nullptr;
    if (reply) gst_structure_get(reply, "answer", GST_TYPE_WEBRTC_SESSION_DESCRIPTION, &answer, nullptr);
    const DescriptionPtr owner(answer);
    if (!owner) return {};
    gchar* text = gst_sdp_message_as_text(owner->sdp);
    std::string result(text);
    g_free(text);
    return result;
}

} // namespace

template <class... Args>
auto PeerNegotiation::onLoop(void (PeerNegotiation::*fn)(Args...)) {
    return [this, fn, &loop = loop_, token = lifetime_.token()](std::decay_t<Args>... args) {
        loop.post([this, fn, token, args...] {
            if (!token.expired()) (this->*fn)(args...);
        });
    };
}

PeerNegotiation::PeerNegotiation(Loop& loop, GstElement* webrtcbin, std::string label)
    : loop_(loop)
    , webrtcbin_(webrtcbin)
    , label_(std::move(label)) {
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

void PeerNegotiation::start(std::shared_ptr<const sdp::Offer> offer, std::chrono::milliseconds deadline,
                            std::function<void(Answer)> onAnswer) {
    offer_ = std::move(offer);
    onAnswer_ = std::move(onAnswer);
    deadline_ =
        loop_.after(deadline, [this] { fail(std::string("no answer in time, waiting for ") + step_); });
    setRemote();
}

void PeerNegotiation::setDescription(const char* action, const std::string& text,
                                     void (PeerNegotiation::*next)()) {
    step_ = action;
    const bool remote = next == &PeerNegotiation::createAnswer;
    const auto description = parse(remote ? GST_WEBRTC_SDP_TYPE_OFFER : GST_WEBRTC_SDP_TYPE_ANSWER, text);
    if (!description) return fail("GStreamer cannot read a description that we wrote");
    pending_ = gst::Promise(
        [taken = onLoop(next), refused = onLoop(&PeerNegotiation::fail)](const GstStructure* reply) {
            if (const auto error = errorIn(reply))
                refused("webrtcbin: " + *error);
            else
                taken();
        });
    g_signal_emit_by_name(webrtcbin_, action, description.get(), pending_.get());
}

void PeerNegotiation::setRemote() {
    setDescription("set-remote-description", offer_->textForWebrtcbin(), &PeerNegotiation::createAnswer);
}

void PeerNegotiation::createAnswer() {
    if (!onAnswer_) return;
    step_ = "create-answer";
    pending_ = gst::Promise([created = onLoop(&PeerNegotiation::onAnswerCreated),
                             refused = onLoop(&PeerNegotiation::fail)](const GstStructure* reply) {
        if (const auto error = errorIn(reply))
            refused("webrtcbin: " + *error);
        else
            created(answerIn(reply));
    });
    g_signal_emit_by_name(webrtcbin_, "create-answer", nullptr, pending_.get());
}

void PeerNegotiation::onAnswerCreated(const std::string& answer) {
    if (!onAnswer_) return;
    auto transport = sdp::readTransport(answer);
    if (const auto* error = std::get_if<sdp::Error>(&transport)) return fail(error->detail);
    transport_ = std::get<sdp::Transport>(std::move(transport));
    setDescription("set-local-description", sdp::answerForWebrtcbin(*offer_, transport_),
                   &PeerNegotiation::onLocalSet);
}

void PeerNegotiation::onLocalSet() {
    if (!onAnswer_) return;
    step_ = "candidates";
    if (gathered_) return onGathered();
    patience_ = loop_.after(gatheringPatience, [this] {
        if (!candidates_.empty()) onGathered();
    });
}

void PeerNegotiation::onCandidate(const std::string& text) {
    const auto candidate = sdp::parseCandidate(text);
    if (candidate && candidate->usable) candidates_.push_back(candidate->text);
    // Patience was over before the first one came.
    if (onAnswer_ && step_ == std::string_view("candidates") && !patience_) onGathered();
}

void PeerNegotiation::onGathered() {
    gathered_ = true;
    if (!onAnswer_ || step_ != std::string_view("candidates")) return;
    finish({sdp::answerForPublisher(*offer_, transport_, candidates_), std::nullopt});
}

void PeerNegotiation::fail(const std::string& detail) {
    if (!onAnswer_) return;
    spdlog::error("peer cannot answer {} error=\"{}\"", label_, detail);
    finish({{}, NegotiationError{NegotiationError::Kind::internal, detail}});
}

void PeerNegotiation::finish(Answer answer) {
    deadline_.cancel();
    patience_.cancel();
    // Posted: the receiver may destroy this object, and nothing of it may be on the stack then.
    loop_.post([onAnswer = std::exchange(onAnswer_, nullptr), answer = std::move(answer),
                token = lifetime_.token()] {
        if (!token.expired()) onAnswer(answer);
    });
}

} // namespace spillway::relay
