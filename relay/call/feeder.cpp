#include "relay/call/feeder.h"

#include "relay/base/log.h"
#include "relay/call/status.h"
#include "relay/call/tracks.h"

#include <algorithm>
#include <utility>

namespace spillway::relay {

PeerSettings CallContext::nextPeer(const std::string& participant) {
    PeerSettings peer;
    peer.number = ++lastNumber;
    peer.label =
        "call=" + settings.name + " participant=" + participant + " peer=" + std::to_string(peer.number);
    peer.iceServers = webrtc.iceServers;
    peer.portRange = webrtc.portRange;
    peer.videoCodecs = settings.videoCodecs;
    peer.mediaTimeout = settings.mediaTimeout;
    peer.jitter = settings.jitter;
    peer.limitsRate = settings.unwatched == config::Unwatched::rest;
    return peer;
}

Feeder::Feeder(CallContext& context, const PeerSettings& settings)
    : context_(context)
    , label_(settings.label)
    , number_(settings.number)
    , peer_(std::make_unique<Peer>(context.loop, settings, peerEvents())) {
    log::info("peer joined {}", label_);
}

PeerEvents Feeder::peerEvents() {
    PeerEvents events;
    // Streaming thread: the input crosses to the loop, and is disposed of there when nobody takes it.
    auto adopt = lifetime_.guard([this](const std::shared_ptr<TrackInput>& input) {
        if (isOpen()) context_.tracks.adopt(*this, input);
    });
    auto cross = [&loop = context_.loop, adopt](std::shared_ptr<TrackInput> input) {
        loop.post([adopt, input = std::move(input)]() mutable {
            adopt(input);
            input->letFirstPacketGo();
        });
    };
    events.onPad = [cross](const IncomingPad& pad) { TrackInput::start(pad, cross); };
    events.onPadGone = [this](std::uint32_t ssrc) { context_.tracks.onPadGone(*this, ssrc); };
    events.onConnected = [this] {
        log::info("peer connected {}", label_);
        onConnected();
    };
    events.onLost = [this](LostCause cause, const std::string& detail) {
        log::warn("peer lost {} cause={} detail=\"{}\"", label_, lostCauseName(cause), detail);
        context_.status.countLost(cause);
        onLost(cause, detail);
    };
    events.onCandidate = [this](const std::string& mid, const std::string& candidate) {
        onCandidate(mid, candidate);
    };
    return events;
}

bool Feeder::isComing(const std::string& participant, MediaKind kind) const {
    if (!isOpen()) return false;
    const auto lines = peer_->lines();
    return std::any_of(lines.begin(), lines.end(), [&](const auto& line) {
        const auto& all = inputs_.all();
        return line.second == kind && participantOn(line.first) == participant &&
               std::none_of(all.begin(), all.end(),
                            [&](const auto& input) { return input->mid() == line.first && input->awake(); });
    });
}

bool Feeder::limitRate(std::optional<std::uint64_t> limit) {
    const auto before = peer_->rateLimit();
    if (limit == before) return false;
    peer_->limitRate(limit);
    if (!limit)
        log::info("publisher is free {}", label_);
    else if (!before)
        log::info("publisher rests {} bits_per_second={}", label_, *limit);
    return true;
}

void Feeder::close(Tracks tracks) {
    // Its streaming threads end first: nothing is pushed any more into what the tracks dispose of.
    peer_.reset();
    tracks == Tracks::end ? context_.tracks.endAllOf(*this) : context_.tracks.suspendAllOf(*this);
    inputs_ = {};
}

} // namespace spillway::relay
