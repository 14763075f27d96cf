// On the main path. Comes in: an offer, then RTP. Goes out: an answer, pads, the news that the peer is lost.
// Puts the parts together (negotiation, transport, streams) and watches for a dead peer; it never changes the
// state of the pipeline from any thread but the loop.
#include "relay/peer/peer.h"

#include "relay/base/log.h"
#include "relay/gst/bin.h"
#include "relay/gst/element.h"
#include "relay/ingest/entry.h"
#include "relay/ingest/ingest.h"
#include "relay/peer/decryption.h"
#include "relay/peer/goodbye.h"
#include "relay/peer/ice.h"
#include "relay/peer/nice_reader.h"
#include "relay/peer/teardown.h"
#include "relay/rtp/keyframe_request.h"
#include "relay/sdp/candidate.h"
#include "relay/sdp/receiving_offer.h"

#include <gst/webrtc/webrtc.h>

#include <algorithm>
#include <cassert>
#include <string_view>

namespace spillway::relay {

namespace {

using std::chrono::milliseconds;

/// For ICE and DTLS together, of who comes to us …
constexpr milliseconds publisherConnectTime{10000};
/// … and of whom we look for.
constexpr milliseconds sfuConnectTime{30000};
constexpr milliseconds statisticsPeriod{1000};
/// Of our answer before our first ICE check. A check that comes before the answer is answered, but it makes
/// libnice on the other side check no sooner: it then goes through its pairs at 20 ms each.
constexpr milliseconds headStart{5};
/// libnice asks each candidate three times within this time, or once if the kernel refuses to send (no route,
/// a firewall), and never again. An SFU that is libnice too asks no longer.
constexpr milliseconds checksTime{2000};
/// Anybody may name any address as a candidate: a few rounds, and no more.
constexpr milliseconds checkedAgainFor{10000};

gst::Ref<GstElement> makeWebrtcbin(const PeerSettings& settings, const ingest::Entry* entry) {
    auto webrtcbin = entry ? webrtcbinWith(entry->agent()) : gst::makeElement("webrtcbin");
    g_object_set(webrtcbin.get(), "bundle-policy", GST_WEBRTC_BUNDLE_POLICY_MAX_BUNDLE, "latency",
                 static_cast<guint>(settings.jitter.count()), nullptr);
    if (!entry) configureIce(webrtcbin.get(), settings);
    return webrtcbin;
}

/// An SFU makes up new SSRCs all day.
Decryption::Settings decryptionOf(const PeerSettings& settings) {
    constexpr std::size_t mostOfAPublisher = 64;
    constexpr std::size_t mostOfAnSfu = 1024;
    return {settings.ingest ? &settings.ingest->lane() : nullptr,
            settings.role == PeerRole::sfu ? mostOfAnSfu : mostOfAPublisher};
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

bool sendPli(const std::shared_ptr<RtcpExit>& exit, std::uint32_t ssrc) {
    return exit && exit->send([ssrc](std::uint32_t sender, Bytes description) {
        return rtp::keyframeRequest(sender, description, ssrc);
    });
}

} // namespace

Peer::Peer(Loop& loop, PeerSettings settings, PeerEvents events)
    : loop_(loop)
    , settings_(std::move(settings))
    , events_(std::move(events))
    , decryption_(std::make_shared<Decryption>(gate_, decryptionOf(settings_)))
    , entry_(settings_.ingest ? std::make_unique<ingest::Entry>(loop_, *settings_.ingest) : nullptr)
    , reader_(entry_ ? nullptr : std::make_unique<NiceReader>(decryption_))
    , audience_(entry_ ? settings_.ingest->audience() : reader_->audience())
    , webrtcbin_(makeWebrtcbin(settings_, entry_.get())) {
    gst::addTo(pipeline_.get(), webrtcbin_);
    // webrtcbin's own jitter buffers ask for retransmissions only when the transceiver says so. No property
    // of webrtcbin may be read inside this signal.
    newTransceiver_ = gst::SignalConnection::connect<void(GObject*)>(
        webrtcbin_.get(), "on-new-transceiver",
        [](GObject* transceiver) { g_object_set(transceiver, "do-nack", TRUE, nullptr); });
    if (settings_.role == PeerRole::sfu) rtcpFilter_.emplace(webrtcbin_.get());
    rtcpExit_ = std::make_shared<RtcpExit>(webrtcbin_.get());
    if (settings_.limitsRate) rateLimit_.emplace(loop_, webrtcbin_.get(), rtcpExit_);
    transport_.emplace(loop_, webrtcbin_.get(), decryption_, reader_ ? reader_->source() : nullptr,
                       transportEvents());
    using Senders = rtp::SenderClocks::Senders;
    streams_.emplace(
        loop_, pipeline_.get(), webrtcbin_.get(), decryption_,
        ExpectedStreams{settings_.maxStreams, settings_.role == PeerRole::sfu ? Senders::many : Senders::one},
        streamEvents());
    negotiation_.emplace(
        loop_, webrtcbin_.get(), settings_.label, entry_ != nullptr, [this](const std::string& candidate) {
            if (description_ && stage_ != Stage::lost && events_.onCandidate)
                events_.onCandidate(description_->lines[description_->order.front()].mid, candidate);
        });
    bus_ = gst::BusWatch(pipeline_.get(), [this](GstMessage* error) { onError(error); });
    if (!pipeline_.play())
        throw std::runtime_error("webrtcbin does not start: GStreamer lacks the nice or dtls elements");
}

Peer::~Peer() {
    gate_->shut();
    rateLimit_.reset();
    rtcpExit_.reset();
    newTransceiver_.disconnect();
    transport_.reset();
    negotiation_.reset();
    sayGoodbye(webrtcbin_.get());
    entry_.reset();
    if (reader_) reader_->quit();
    // Streaming threads end here; what they still run owns what it uses.
    stopWebrtc(pipeline_, webrtcbin_.get());
    reader_.reset();
    streams_.reset();
    rtcpFilter_.reset();
}

TransportEvents Peer::transportEvents() {
    return {
        [this] {
            if (stage_ == Stage::connecting) stage_ = Stage::secured;
        },
        [this] { onConnected(); },
        [this](LostCause cause, std::string detail) { lose(cause, std::move(detail)); },
    };
}

StreamEvents Peer::streamEvents() {
    return {
        [onPad = events_.onPad, audience = audience_, exit = std::weak_ptr(rtcpExit_)](IncomingPad pad) {
            pad.audience = audience;
            pad.sendPli = [exit, ssrc = pad.ssrc] { return sendPli(exit.lock(), ssrc); };
            onPad(pad);
        },
        [this](std::uint32_t ssrc) {
            if (stage_ != Stage::lost && events_.onPadGone) events_.onPadGone(ssrc);
        },
        [this] {
            lose(LostCause::signalling, "more than " + std::to_string(settings_.maxStreams) + " streams");
        },
    };
}

void Peer::acceptOffer(const std::string& sdp, milliseconds deadline,
                       std::function<void(LocalDescription)> onAnswer, std::function<void()> onBegin) {
    if (settings_.role == PeerRole::publisher && (stage_ != Stage::idle || !pendingOffers_.empty()))
        return loop_.post(lifetime_.guard([onAnswer = std::move(onAnswer)] {
            onAnswer(
                {{},
                 NegotiationError{NegotiationError::Kind::unsupported, "the session already has its offer"}});
        }));
    pendingOffers_.push_back({sdp, deadline, std::move(onAnswer), std::move(onBegin)});
    loop_.post(lifetime_.guard([this] { answerNext(); }));
}

void Peer::answerNext() {
    if (pendingOffers_.empty() || negotiation_->busy() || stage_ == Stage::lost) return;
    auto next = std::move(pendingOffers_.front());
    pendingOffers_.pop_front();
    answer(std::move(next));
}

void Peer::answer(PendingOffer pending) {
    auto seen = read(pending.sdp);
    if (const auto* error = std::get_if<NegotiationError>(&seen)) {
        log::warn("peer offer refused {} reason=\"{}\"", settings_.label, error->detail);
        loop_.post(lifetime_.guard([this] { answerNext(); }));
        return pending.onAnswer({{}, *error});
    }
    if (stage_ == Stage::idle) stage_ = Stage::negotiating;
    describe(std::get<sdp::RemoteDescription>(std::move(seen)));
    if (pending.onBegin) pending.onBegin();
    negotiation_->start(description_, pending.deadline,
                        [this, onAnswer = std::move(pending.onAnswer)](LocalDescription answer) {
                            if (!answer.error) receive(answer);
                            if (!answer.error) {
                                onAnswered();
                                beginIce();
                            }
                            loop_.post(lifetime_.guard([this] { answerNext(); }));
                            onAnswer(std::move(answer));
                        });
}

std::variant<sdp::RemoteDescription, NegotiationError> Peer::read(const std::string& sdp) {
    const bool sfu = settings_.role == PeerRole::sfu;
    auto offered = sdp::readRemoteDescription(sdp, settings_.videoCodecs,
                                              sfu ? sdp::Author::sfu : sdp::Author::publisher,
                                              settings_.limitsRate ? sdp::Remb::used : sdp::Remb::unused);
    if (const auto* error = std::get_if<sdp::Error>(&offered)) return toNegotiationError(*error);
    if (!lens_.sameTransport(std::get<sdp::RemoteDescription>(offered)))
        return NegotiationError{NegotiationError::Kind::newPeer, "the offer begins a new transport"};
    auto seen = lens_.look(std::get<sdp::RemoteDescription>(std::move(offered)));
    if (const auto* error = std::get_if<sdp::Error>(&seen)) return toNegotiationError(*error);
    return std::get<sdp::RemoteDescription>(std::move(seen));
}

void Peer::describe(sdp::RemoteDescription description) {
    description_ = std::make_shared<const sdp::RemoteDescription>(std::move(description));
    transport_->expect(description_->fingerprint);
    if (rtcpFilter_) rtcpFilter_->setDescription(description_);
    if (rateLimit_) rateLimit_->setSsrcs(description_->ssrcs());
    streams_->setDescription(description_);
}

void Peer::createOffer(milliseconds deadline, std::function<void(LocalDescription)> onOffer) {
    assert(stage_ == Stage::idle);
    stage_ = Stage::negotiating;
    ours_ = sdp::receivingOffer(settings_.videoCodecs);
    negotiation_->offer(ours_, deadline, [this, onOffer = std::move(onOffer)](LocalDescription offer) {
        if (!offer.error) receive(offer);
        onOffer(std::move(offer));
    });
}

std::optional<NegotiationError> Peer::acceptAnswer(const std::string& sdp) {
    if (ours_.empty() || description_)
        return NegotiationError{NegotiationError::Kind::unsupported, "no answer is expected"};
    auto answered = sdp::readAnswer(ours_, sdp, settings_.videoCodecs);
    if (const auto* error = std::get_if<sdp::Error>(&answered)) return toNegotiationError(*error);
    describe(std::get<sdp::RemoteDescription>(std::move(answered)));
    negotiation_->takeAnswer(*description_);
    onAnswered();
    return std::nullopt;
}

void Peer::receive(LocalDescription& ours) {
    if (!reader_) return;
    auto agent = niceAgentOf(webrtcbin_.get());
    const bool large = enlargeSocketBuffers(agent.get());
    for (const auto& nicesrc : gst::elementsOf(webrtcbin_.get(), "nicesrc"))
        gst_element_set_state(nicesrc.get(), GST_STATE_READY); // ends its thread
    try {
        reader_->start(std::move(agent), large);
    } catch (const std::exception& error) {
        log::error("peer cannot receive {} error=\"{}\"", settings_.label, error.what());
        ours = {{}, NegotiationError{NegotiationError::Kind::internal, error.what()}};
    }
}

void Peer::onAnswered() {
    if (stage_ != Stage::negotiating) return; // connected or lost already
    stage_ = Stage::connecting;
    answeredAt_ = checkedAt_ = Clock::now();
    gate_->touch();
    const auto period = std::clamp(settings_.mediaTimeout / 10, milliseconds(50), milliseconds(1000));
    watchTimer_ = loop_.every(period, [this] { watch(); });
    log::info("peer answered {}", settings_.label);
}

void Peer::onConnected() {
    if (stage_ == Stage::connected || stage_ == Stage::lost) return;
    onAnswered();
    stage_ = Stage::connected;
    gate_->touch();
    rtcpExit_->open();
    if (events_.onConnected) events_.onConnected();
}

void Peer::beginIce() {
    if (entry_)
        entry_->open(negotiation_->credentials(), description_->ice, decryption_);
    else
        checksTimer_ = loop_.after(headStart, [this] { startChecks(); });
}

void Peer::startChecks() {
    for (const std::string& candidate : description_->candidates)
        addRemoteCandidate(candidate);
}

/// The agent takes them as new ones, since their type is another.
void Peer::checkAgain() {
    checkedAt_ = Clock::now();
    for (const std::string& candidate : description_->candidates)
        addRemoteCandidate(sdp::retyped(candidate));
    for (const std::string& candidate : trickled_)
        addRemoteCandidate(sdp::retyped(candidate));
}

void Peer::addRemoteCandidate(const std::string& candidate) {
    if (entry_) return; // whoever is let in comes to us
    // Line 0 of what webrtcbin sees is the bundle's own.
    g_signal_emit_by_name(webrtcbin_.get(), "add-ice-candidate", 0U, candidate.c_str());
}

bool Peer::isSilent() const {
    const bool counts = settings_.role == PeerRole::publisher || expectsMedia_;
    return stage_ == Stage::connected && counts && gate_->silence() > settings_.mediaTimeout;
}

void Peer::watch() {
    const auto now = Clock::now();
    if (stage_ == Stage::connected && now - statisticsAt_ >= statisticsPeriod) {
        statisticsAt_ = now;
        streams_->readStatistics();
    }
    if (isSilent())
        return lose(LostCause::timeout,
                    "neither RTP nor RTCP for " + std::to_string(settings_.mediaTimeout.count()) + " ms");
    if (stage_ != Stage::connecting && stage_ != Stage::secured) return;
    const bool early = now - answeredAt_ <= checkedAgainFor;
    if (!entry_ && stage_ == Stage::connecting && early && now - checkedAt_ >= checksTime) checkAgain();
    const auto most = settings_.role == PeerRole::publisher ? publisherConnectTime : sfuConnectTime;
    if (now - answeredAt_ > std::min(most, settings_.mediaTimeout * 2))
        lose(stage_ == Stage::secured ? LostCause::dtls : LostCause::ice,
             stage_ == Stage::secured ? "no DTLS handshake in time" : "no path to the peer in time");
}

void Peer::onError(GstMessage* message) {
    const BusError error = readError(message);
    const bool inside =
        gst_object_has_as_ancestor(GST_MESSAGE_SRC(message), gst::cast<GstObject>(webrtcbin_.get()));
    // What a branch reports is for its own owner; the peer goes on.
    log::error("peer pipeline error {} element={} error=\"{}\"", settings_.label, error.source, error.text);
    if (!inside) return;
    const bool dtls = error.source.find("dtls") != std::string::npos;
    lose(dtls ? LostCause::dtls : LostCause::signalling, error.source + ": " + error.text);
}

void Peer::lose(LostCause cause, std::string detail) {
    if (stage_ == Stage::lost) return;
    stage_ = Stage::lost;
    gate_->shut();
    watchTimer_.cancel();
    // Posted: the owner may destroy the peer, and nothing of it may be on the stack then. Apart: a network
    // that is cut ends all peers at once, each with a pipeline to stop.
    loop_.postApart(lifetime_.guard([onLost = std::move(events_.onLost), cause, detail = std::move(detail)] {
        if (onLost) onLost(cause, detail);
    }));
}

Clock::duration Peer::silence() const {
    return gate_->silence();
}

bool Peer::announces(const std::string& mid, std::uint32_t ssrc) const {
    return description_ && description_->allows(mid, ssrc);
}

std::map<std::string, MediaKind> Peer::lines() const {
    std::map<std::string, MediaKind> lines;
    if (!description_) return lines;
    for (const sdp::MediaLine& line : description_->lines)
        if (line.carried) lines.emplace(line.mid, line.media);
    return lines;
}

void Peer::expectMedia(bool expected) {
    if (expected && !expectsMedia_) gate_->touch();
    expectsMedia_ = expected;
}

bool Peer::addCandidate(const std::string& mid, const std::string& candidate) {
    if (!description_) return false;
    const auto& lines = description_->lines;
    if (std::none_of(lines.begin(), lines.end(), [&](const auto& line) { return line.mid == mid; }))
        return false;
    if (candidate.empty()) return true;
    const auto parsed = sdp::parseCandidate(candidate);
    if (!parsed) return false;
    if (parsed->usable && trickled_.size() < sdp::maxCandidates) {
        trickled_.push_back(parsed->text);
        addRemoteCandidate(parsed->text);
    }
    return true;
}

bool Peer::connected() const {
    return stage_ == Stage::connected;
}

std::string Peer::remoteUfrag() const {
    return description_ ? description_->ice.ufrag : std::string();
}

std::uint64_t Peer::lostPackets(std::uint32_t ssrc) const {
    return streams_->lostPackets(ssrc);
}

bool Peer::forgetSsrc(std::uint32_t ssrc) {
    return streams_->forget(ssrc);
}

bool Peer::takesRateLimit() const {
    return rateLimit_ && description_ && description_->takesRemb();
}

void Peer::limitRate(std::optional<std::uint64_t> limit) {
    if (rateLimit_) rateLimit_->set(limit);
}

std::optional<std::uint64_t> Peer::rateLimit() const {
    return rateLimit_ ? rateLimit_->limit() : std::nullopt;
}

} // namespace spillway::relay
