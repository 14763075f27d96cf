#include "relay/call/live_guest.h"

#include "relay/base/log.h"
#include "relay/call/guests.h"
#include "relay/call/tracks.h"

#include <utility>

namespace spillway::relay {

namespace {

constexpr std::chrono::seconds descriptionDeadline{10};
/// A camera, a microphone, a screen and its sound, of everybody, and those that are about to be forgotten.
constexpr std::size_t streamsPerTrack = 2;

PeerSettings settingsOf(CallContext& context, const GuestRequest& request) {
    auto settings = context.nextPeer("guest");
    settings.role = PeerRole::sfu;
    settings.loopbackOnly = request.loopbackOnly;
    settings.maxStreams = context.maxTracks * streamsPerTrack;
    settings.iceServers.insert(settings.iceServers.end(), request.iceServers.begin(),
                               request.iceServers.end());
    return settings;
}

} // namespace

LiveGuest::LiveGuest(CallContext& context, Guests& guests, const GuestRequest& request, GuestEvents events)
    : Feeder(context, settingsOf(context, request))
    , guests_(guests)
    , events_(std::move(events)) {}

void LiveGuest::acceptOffer(const std::string& sdp, const LineOwners& owners) {
    if (!isOpen()) return;
    peer().acceptOffer(
        sdp, descriptionDeadline,
        [this](const LocalDescription& answer) {
            if (const auto notify = events_.onAnswer) notify(answer);
        },
        [this, owners] { setOwners(owners); });
}

void LiveGuest::createOffer() {
    if (!isOpen()) return;
    peer().createOffer(descriptionDeadline, [this](const LocalDescription& offer) {
        if (const auto notify = events_.onOffer) notify(offer);
    });
}

std::optional<std::string> LiveGuest::acceptAnswer(const std::string& sdp, const LineOwners& owners) {
    if (!isOpen()) return "the peer is over";
    if (const auto error = peer().acceptAnswer(sdp)) {
        log::warn("answer refused {} reason=\"{}\"", label(), error->detail);
        return error->detail;
    }
    setOwners(owners);
    return std::nullopt;
}

void LiveGuest::setOwners(const LineOwners& owners) {
    if (!isOpen()) return;
    owners_ = owners;
    for (const auto& [mid, owner] : owners)
        log::debug("line owner {} mid={} owner={}/{}", label(), mid, owner.participant, owner.source);
    context().tracks.endDisowned(*this, owners_);
    followOwners();
}

/// What sleeps on a line that has an owner wakes with its next packet; what is not announced any more is
/// forgotten.
void LiveGuest::followOwners() {
    for (const auto& input : inputs().all()) {
        if (input->awake()) continue;
        if (ownerOf(*input)) {
            inputs().remember(*input);
            input->wakeOn(TrackInput::Wake::onPacket);
        } else {
            inputs().forget(*input);
        }
    }
}

std::optional<LineOwner> LiveGuest::ownerOf(const TrackInput& input) {
    const auto owner = owners_.find(input.mid());
    if (owner == owners_.end() || !peer().announces(input.mid(), input.ssrc())) return std::nullopt;
    return owner->second;
}

std::string LiveGuest::participantOn(const std::string& mid) const {
    const auto owner = owners_.find(mid);
    return owner == owners_.end() ? std::string() : owner->second.participant;
}

bool LiveGuest::isSilent() const {
    return peer().silence() * 2 > context().settings.mediaTimeout;
}

void LiveGuest::want(const LineOwner& track, bool wanted) {
    if (events_.onWanted) events_.onWanted(track, wanted);
}

void LiveGuest::onCandidate(const std::string& mid, const std::string& candidate) {
    if (const auto notify = events_.onCandidate) notify(mid, candidate);
}

void LiveGuest::onConnected() {
    guests_.onConnected(*this);
    if (events_.onConnected) events_.onConnected();
}

void LiveGuest::onLost(LostCause cause, const std::string& detail) {
    const auto notify = events_.onLost; // it may destroy this
    end(Tracks::wait);
    if (notify) notify(cause, detail);
}

void LiveGuest::suspend() {
    if (!isOpen()) return;
    log::info("peer left {}", label());
    end(Tracks::wait);
}

void LiveGuest::leave() {
    if (!isOpen()) return;
    log::info("peer left {}", label());
    end(Tracks::end);
}

void LiveGuest::end(Tracks tracks) {
    guests_.remove(*this);
    close(tracks);
    events_ = {};
}

} // namespace spillway::relay
