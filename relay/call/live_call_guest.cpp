// The part of a call in which this daemon is a guest: one peer towards an SFU that carries the lines of many
// participants, who come and go on the same lines.
#include "relay/base/log.h"
#include "relay/call/live_call.h"
#include "relay/values/refused.h"

namespace spillway::relay {

namespace {

constexpr std::chrono::seconds answerDeadline{10};
/// A camera, a microphone, a screen and its sound, of everybody, and those that are about to be forgotten.
constexpr std::size_t streamsPerTrack = 2;

} // namespace

Session* LiveCall::findGuest(PeerId id) const {
    Session* session = find(id);
    return session && session->isGuest() ? session : nullptr;
}

/// One that carries, and one that takes over.
void LiveCall::makeRoomForGuest() {
    std::vector<PeerId> waiting;
    for (const auto& [id, session] : sessions_)
        if (session->isGuest() && !session->peer->connected()) waiting.push_back(id);
    for (const auto id : waiting)
        endSession(id, true);
}

PeerId LiveCall::addGuest(const GuestRequest& request, GuestEvents events) {
    makeRoomForGuest();
    const PeerId id = ++lastId_;
    auto settings = peerSettings("guest");
    settings.role = PeerRole::sfu;
    settings.loopbackOnly = request.loopbackOnly;
    settings.maxStreams = maxTracks_ * streamsPerTrack;
    settings.iceServers.insert(settings.iceServers.end(), request.iceServers.begin(),
                               request.iceServers.end());
    auto session = std::make_unique<Session>(id, std::move(events));
    auto peer = peerEvents(id);
    peer.onCandidate = lifetime_.guard([this, id](const std::string& mid, const std::string& candidate) {
        const Session* guest = findGuest(id);
        if (guest && guest->guest->onCandidate) guest->guest->onCandidate(mid, candidate);
    });
    session->peer = std::make_unique<Peer>(loop_, std::move(settings), std::move(peer));
    sessions_.emplace(id, std::move(session));
    changedAt_ = Clock::now();
    log::info("peer joins call={} participant=guest peer={}", settings_.name, id);
    return id;
}

void LiveCall::acceptOffer(PeerId guest, const std::string& sdp, const LineOwners& owners) {
    Session* session = findGuest(guest);
    if (!session) return;
    session->peer->acceptOffer(sdp, answerDeadline,
                               lifetime_.guard([this, guest](const LocalDescription& answer) {
                                   const Session* asked = findGuest(guest);
                                   if (asked && asked->guest->onAnswer) asked->guest->onAnswer(answer);
                               }),
                               lifetime_.guard([this, guest, owners] { setOwners(guest, owners); }));
}

void LiveCall::createOffer(PeerId guest) {
    Session* session = findGuest(guest);
    if (!session) return;
    session->peer->createOffer(answerDeadline, lifetime_.guard([this, guest](const LocalDescription& offer) {
        const Session* asked = findGuest(guest);
        if (asked && asked->guest->onOffer) asked->guest->onOffer(offer);
    }));
}

bool LiveCall::acceptAnswer(PeerId guest, const std::string& sdp, const LineOwners& owners) {
    Session* session = findGuest(guest);
    if (!session) return false;
    if (const auto error = session->peer->acceptAnswer(sdp)) {
        log::warn("peer answer refused call={} reason=\"{}\"", settings_.name, error->detail);
        return false;
    }
    setOwners(guest, owners);
    return true;
}

void LiveCall::suspendGuest(PeerId guest) {
    if (findGuest(guest)) endSession(guest, true);
}

void LiveCall::setMembers(std::vector<Member> members) {
    members_ = std::move(members);
}

void LiveCall::setOwners(PeerId guest, const LineOwners& owners) {
    Session* session = findGuest(guest);
    if (!session) return;
    session->owners = owners;
    for (const auto& [mid, owner] : owners)
        log::debug("line owner call={} peer={} mid={} owner={}/{}", settings_.name, guest, mid,
                   owner.participant, owner.source);
    releaseLines(*session);
    wakeLines(*session);
}

/// Ends the tracks whose line has another owner now, or none, or another SSRC.
void LiveCall::releaseLines(Session& session) {
    std::vector<Key> ended;
    for (const auto& [key, entry] : tracks_) {
        if (entry.feeder != session.id || !entry.track->input()) continue;
        const auto& input = *entry.track->input();
        const auto owner = session.owners.find(input.mid());
        if (owner == session.owners.end() || owner->second != key) ended.push_back(key);
    }
    for (const auto& key : ended)
        endTrack(key, After::stayAsleep);
}

/// What sleeps on a line with an owner wakes with its next packet; what is not announced any more is
/// forgotten.
void LiveCall::wakeLines(Session& session) {
    for (const auto& input : session.inputs) {
        if (input->awake()) continue;
        if (session.ownerOf(*input)) {
            session.remember(*input);
            input->wakeOn(TrackInput::Wake::onPacket);
        } else {
            session.forget(*input);
        }
    }
}

void LiveCall::tellWanted(Track& track, const Entry& entry, bool wanted) {
    track.setPaused(!wanted);
    tell(track, wanted ? "live" : "paused");
    const Session* session = findGuest(entry.feeder);
    if (session && session->guest->onWanted)
        session->guest->onWanted({track.name().participant, track.name().source}, wanted);
}

void LiveCall::onWatched(const Key& key) {
    const auto found = tracks_.find(key);
    if (found != tracks_.end() && found->second.track->paused())
        tellWanted(*found->second.track, found->second, true);
}

void LiveCall::pauseUnwatched(Clock::time_point now) {
    if (settings_.unwatched != config::Unwatched::pause) return;
    for (auto& [key, entry] : tracks_) {
        Track& track = *entry.track;
        const auto since = track.unwatchedSince();
        if (!since || track.paused() || !track.input() || !findGuest(entry.feeder)) continue;
        if (now - *since >= settings_.linger) tellWanted(track, entry, false);
    }
}

/// While nobody is to send, an SFU's silence is no loss.
void LiveCall::expectMedia() {
    for (auto& [id, session] : sessions_) {
        if (!session->isGuest()) continue;
        bool expected = false;
        for (const auto& [key, entry] : tracks_)
            expected = expected || (entry.feeder == id && entry.track->input() && !entry.track->paused());
        session->peer->expectMedia(expected);
    }
}

} // namespace spillway::relay
