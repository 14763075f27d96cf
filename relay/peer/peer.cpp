// On the main path. Comes in: an offer, then RTP. Goes out: an answer, pads, the news that the peer is lost.
// Puts the parts together (negotiation, transport, streams) and watches for a dead peer; it never changes the
// state of the pipeline from any thread but the loop.
#include "relay/peer/peer.h"

#include "relay/base/log.h"
#include "relay/gst/element.h"
#include "relay/peer/ice.h"
#include "relay/peer/peer_impl.h"
#include "relay/peer/teardown.h"
#include "relay/sdp/candidate.h"
#include "relay/sdp/receiving_offer.h"

#include <algorithm>
#include <cassert>
#include <gst/webrtc/webrtc.h>
#include <string_view>

namespace spillway::relay {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds maxConnectTime{30000};
constexpr milliseconds statisticsPeriod{1000};
/// Of our answer before our first ICE check. A check that comes before the answer is answered, but it makes
/// libnice on the other side check no sooner: it then goes through its pairs at 20 ms each.
constexpr milliseconds headStart{5};
/// libnice asks each candidate three times within this time, or once if the kernel refuses to send (no route,
/// a firewall), and never again. An SFU that is libnice too asks no longer.
constexpr milliseconds checksTime{2000};

gst::Ref<GstElement> makeWebrtcbin(const PeerSettings& settings) {
    auto webrtcbin = gst::makeElement("webrtcbin");
    g_object_set(webrtcbin.get(), "bundle-policy", GST_WEBRTC_BUNDLE_POLICY_MAX_BUNDLE, "latency",
                 static_cast<guint>(settings.jitter.count()), nullptr);
    configureIce(webrtcbin.get(), settings);
    return webrtcbin;
}

NegotiationError toNegotiationError(const sdp::Error& error) {
    const bool malformed = error.kind == sdp::Error::Kind::malformed;
    return {malformed ? NegotiationError::Kind::malformed : NegotiationError::Kind::unsupported,
            error.detail};
}

struct BusError {
    std::string source;
    std::string text;
};

BusError readError(GstMessage* message) {
    GError* error = nullptr;
    gchar* debug = nullptr;
    gst_message_parse_error(message, &error, &debug);
    const GstObject* source = GST_MESSAGE_SRC(message);
    BusError result{source && source->name ? source->name : "", error->message};
    if (debug) result.text.append(": ").append(debug);
    g_error_free(error);
    g_free(debug);
    return result;
}

} // namespace

Peer::Impl::Impl(Loop& mainLoop, PeerSettings peerSettings, PeerEvents peerEvents)
    : loop(mainLoop)
    , settings(std::move(peerSettings))
    , events(std::move(peerEvents))
    , webrtcbin(makeWebrtcbin(settings)) {
    gst::addTo(pipeline.get(), webrtcbin);
    // webrtcbin's own jitter buffers ask for retransmissions only when the transceiver says so. No property
    // of webrtcbin may be read inside this signal.
    newTransceiver = gst::SignalConnection::connect<void(GObject*)>(
        webrtcbin.get(), "on-new-transceiver",
        [](GObject* transceiver) { g_object_set(transceiver, "do-nack", TRUE, nullptr); });
    transport.emplace(loop, webrtcbin.get(), gate,
                      TransportEvents{
                          [this] {
                              if (stage == Stage::connecting) stage = Stage::secured;
                          },
                          [this] { onConnected(); },
                          [this](LostCause cause, std::string detail) { lose(cause, std::move(detail)); },
                      });
    streams.emplace(
        loop, pipeline.get(), webrtcbin.get(), gate, StreamSettings{settings.role, settings.maxStreams},
        StreamEvents{
            events.onPad,
            [this](std::uint32_t ssrc) {
                if (stage != Stage::lost && events.onPadGone) events.onPadGone(ssrc);
            },
            [this] {
                lose(LostCause::signalling, "more than " + std::to_string(settings.maxStreams) + " streams");
            },
        });
    negotiation.emplace(loop, webrtcbin.get(), settings.label, [this](const std::string& candidate) {
        if (offer && stage != Stage::lost && events.onCandidate)
            events.onCandidate(offer->lines[offer->order.front()].mid, candidate);
    });
    bus = gst::BusWatch(pipeline.get(), [this](GstMessage* error) { onError(error); });
    if (!pipeline.play())
        throw std::runtime_error("webrtcbin does not start: GStreamer lacks the nice or dtls elements");
}

Peer::Impl::~Impl() {
    gate->shut();
    newTransceiver.disconnect();
    transport.reset();
    negotiation.reset();
    // Streaming threads end here; what they still run owns what it uses.
    stopWebrtc(pipeline, webrtcbin.get());
    streams.reset();
}

void Peer::Impl::acceptOffer(PendingOffer pending) {
    if (settings.role == PeerRole::publisher && (stage != Stage::idle || !pendingOffers.empty()))
        return loop.post(lifetime.guard([onAnswer = std::move(pending.onAnswer)] {
            onAnswer(
                {{},
                 NegotiationError{NegotiationError::Kind::unsupported, "the session has its offer already"}});
        }));
    pendingOffers.push_back(std::move(pending));
    loop.post(lifetime.guard([this] { answerNext(); }));
}

void Peer::Impl::answerNext() {
    if (pendingOffers.empty() || negotiation->busy() || stage == Stage::lost) return;
    auto next = std::move(pendingOffers.front());
    pendingOffers.pop_front();
    answer(std::move(next));
}

void Peer::Impl::answer(PendingOffer pending) {
    auto seen = read(pending.sdp);
    if (const auto* error = std::get_if<NegotiationError>(&seen)) {
        log::warn("peer offer refused {} reason=\"{}\"", settings.label, error->detail);
        loop.post(lifetime.guard([this] { answerNext(); }));
        return pending.onAnswer({{}, *error});
    }
    if (stage == Stage::idle) stage = Stage::negotiating;
    describe(
        std::make_shared<const sdp::RemoteDescription>(std::get<sdp::RemoteDescription>(std::move(seen))));
    if (pending.onBegin) pending.onBegin();
    negotiation->start(offer, pending.deadline,
                       [this, onAnswer = std::move(pending.onAnswer)](LocalDescription answer) {
                           if (!answer.error) {
                               onAnswered();
                               checksTimer = loop.after(headStart, [this] { startChecks(); });
                           }
                           loop.post(lifetime.guard([this] { answerNext(); }));
                           onAnswer(std::move(answer));
                       });
}

std::variant<sdp::RemoteDescription, NegotiationError> Peer::Impl::read(const std::string& sdp) {
    const bool sfu = settings.role == PeerRole::sfu;
    auto offered = sdp::readRemoteDescription(sdp, settings.videoCodecs,
                                              sfu ? sdp::Author::sfu : sdp::Author::publisher);
    if (const auto* error = std::get_if<sdp::Error>(&offered)) return toNegotiationError(*error);
    if (!lens.sameTransport(std::get<sdp::RemoteDescription>(offered)))
        return NegotiationError{NegotiationError::Kind::newPeer, "the offer begins a new transport"};
    auto seen = lens.look(std::get<sdp::RemoteDescription>(std::move(offered)));
    if (const auto* error = std::get_if<sdp::Error>(&seen)) return toNegotiationError(*error);
    return std::get<sdp::RemoteDescription>(std::move(seen));
}

void Peer::Impl::describe(std::shared_ptr<const sdp::RemoteDescription> description) {
    offer = std::move(description);
    transport->expect(offer->fingerprint);
    streams->setOffer(offer);
}

void Peer::Impl::createOffer(milliseconds deadline, std::function<void(LocalDescription)> onOffer) {
    assert(stage == Stage::idle);
    stage = Stage::negotiating;
    ours = sdp::receivingOffer(settings.videoCodecs);
    negotiation->offer(ours, deadline, std::move(onOffer));
}

std::optional<NegotiationError> Peer::Impl::acceptAnswer(const std::string& sdp) {
    if (ours.empty() || offer)
        return NegotiationError{NegotiationError::Kind::unsupported, "no answer is awaited"};
    auto answered = sdp::readAnswer(ours, sdp, settings.videoCodecs);
    if (const auto* error = std::get_if<sdp::Error>(&answered)) return toNegotiationError(*error);
    describe(std::make_shared<const sdp::RemoteDescription>(
        std::get<sdp::RemoteDescription>(std::move(answered))));
    negotiation->takeAnswer(*offer);
    onAnswered();
    return std::nullopt;
}

void Peer::Impl::onAnswered() {
    if (stage != Stage::negotiating) return; // connected or lost already
    stage = Stage::connecting;
    answeredAt = checkedAt = Clock::now();
    gate->touch();
    const auto period = std::clamp(settings.mediaTimeout / 10, milliseconds(50), milliseconds(1000));
    watchTimer = loop.every(period, [this] { watch(); });
    log::info("peer answered {}", settings.label);
}

void Peer::Impl::onConnected() {
    if (stage == Stage::connected || stage == Stage::lost) return;
    onAnswered();
    stage = Stage::connected;
    gate->touch();
    log::info("peer connected {}", settings.label);
    if (events.onConnected) events.onConnected();
}

void Peer::Impl::startChecks() {
    for (const std::string& candidate : offer->candidates)
        addRemoteCandidate(candidate);
}

/// The agent takes them as new ones, since their type is another.
void Peer::Impl::checkAgain() {
    checkedAt = Clock::now();
    for (const std::string& candidate : offer->candidates)
        addRemoteCandidate(sdp::retyped(candidate));
    for (const std::string& candidate : trickled)
        addRemoteCandidate(sdp::retyped(candidate));
}

void Peer::Impl::addRemoteCandidate(const std::string& candidate) {
    // Line 0 of what webrtcbin sees is the bundle's own.
    g_signal_emit_by_name(webrtcbin.get(), "add-ice-candidate", 0U, candidate.c_str());
}

bool Peer::Impl::isSilent() const {
    const bool counts = settings.role == PeerRole::publisher || expectsMedia;
    return stage == Stage::connected && counts && gate->silence() > settings.mediaTimeout;
}

void Peer::Impl::watch() {
    const auto now = Clock::now();
    if (stage == Stage::connected && now - statisticsAt >= statisticsPeriod) {
        statisticsAt = now;
        streams->readStatistics();
    }
    if (isSilent())
        return lose(LostCause::timeout,
                    "neither RTP nor RTCP for " + std::to_string(settings.mediaTimeout.count()) + " ms");
    if (stage != Stage::connecting && stage != Stage::secured) return;
    if (stage == Stage::connecting && now - checkedAt >= checksTime) checkAgain();
    if (now - answeredAt > std::min(maxConnectTime, settings.mediaTimeout * 2))
        lose(stage == Stage::secured ? LostCause::dtls : LostCause::ice,
             stage == Stage::secured ? "no DTLS handshake in time" : "no path to the peer in time");
}

void Peer::Impl::onError(GstMessage* message) {
    const BusError error = readError(message);
    const bool inside =
        gst_object_has_as_ancestor(GST_MESSAGE_SRC(message), gst::cast<GstObject>(webrtcbin.get()));
    // What a branch reports is for its own owner; the peer goes on.
    log::error("peer pipeline error {} element={} error=\"{}\"", settings.label, error.source, error.text);
    if (!inside) return;
    const bool dtls = error.source.find("dtls") != std::string::npos;
    lose(dtls ? LostCause::dtls : LostCause::signalling, error.source + ": " + error.text);
}

void Peer::Impl::lose(LostCause cause, std::string detail) {
    if (stage == Stage::lost) return;
    stage = Stage::lost;
    gate->shut();
    watchTimer.cancel();
    log::warn("peer lost {} cause={} detail=\"{}\"", settings.label, lostCauseName(cause), detail);
    // Posted: the owner may destroy the peer, and nothing of it may be on the stack then.
    loop.post(lifetime.guard([onLost = std::move(events.onLost), cause, detail = std::move(detail)] {
        if (onLost) onLost(cause, detail);
    }));
}

Peer::Peer(Loop& loop, PeerSettings settings, PeerEvents events)
    : impl_(std::make_unique<Impl>(loop, std::move(settings), std::move(events))) {}

Peer::~Peer() = default;

void Peer::acceptOffer(const std::string& sdp, milliseconds deadline,
                       std::function<void(LocalDescription)> onAnswer, std::function<void()> onBegin) {
    impl_->acceptOffer({sdp, deadline, std::move(onAnswer), std::move(onBegin)});
}

void Peer::createOffer(milliseconds deadline, std::function<void(LocalDescription)> onOffer) {
    impl_->createOffer(deadline, std::move(onOffer));
}

std::optional<NegotiationError> Peer::acceptAnswer(const std::string& sdp) {
    return impl_->acceptAnswer(sdp);
}

Clock::duration Peer::silence() const {
    return impl_->gate->silence();
}

bool Peer::announces(const std::string& mid, std::uint32_t ssrc) const {
    return impl_->offer && impl_->offer->allows(mid, ssrc);
}

void Peer::expectMedia(bool expected) {
    if (expected && !impl_->expectsMedia) impl_->gate->touch();
    impl_->expectsMedia = expected;
}

bool Peer::addCandidate(const std::string& mid, const std::string& candidate) {
    if (!impl_->offer) return false;
    const auto& lines = impl_->offer->lines;
    if (std::none_of(lines.begin(), lines.end(), [&](const auto& line) { return line.mid == mid; }))
        return false;
    if (candidate.empty()) return true;
    const auto parsed = sdp::parseCandidate(candidate);
    if (!parsed) return false;
    if (parsed->usable && impl_->trickled.size() < sdp::maxCandidates) {
        impl_->trickled.push_back(parsed->text);
        impl_->addRemoteCandidate(parsed->text);
    }
    return true;
}

bool Peer::connected() const {
    return impl_->stage == Impl::Stage::connected;
}

std::string Peer::remoteUfrag() const {
    return impl_->offer ? impl_->offer->ice.ufrag : std::string();
}

std::uint64_t Peer::lostPackets(std::uint32_t ssrc) const {
    return impl_->streams->lostPackets(ssrc);
}

bool Peer::forgetSsrc(std::uint32_t ssrc) {
    return impl_->streams->forget(ssrc);
}

} // namespace spillway::relay
