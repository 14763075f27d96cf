#include "relay/call/live_call.h"

#include "relay/base/log.h"
#include "relay/values/refused.h"

#include <algorithm>

namespace spillway::relay {

namespace {

constexpr std::chrono::seconds answerDeadline{10};
constexpr std::chrono::seconds watchPeriod{1};
/// A connector's own deadlines are shorter: it has another peer for us by then, or says that it has lost the
/// call.
constexpr std::chrono::seconds longestRenewal{30};

} // namespace

LiveCall::LiveCall(Loop& loop, config::CallSettings settings, const config::WebrtcSettings& webrtc,
                   std::uint32_t maxTracks, Events events)
    : loop_(loop)
    , settings_(std::move(settings))
    , webrtc_(webrtc)
    , maxTracks_(maxTracks)
    , events_(std::move(events))
    , watch_(loop.every(watchPeriod, [this] { watch(); })) {}

LiveCall::~LiveCall() {
    while (!sessions_.empty())
        endSession(sessions_.begin()->first, false);
    while (!tracks_.empty())
        endTrack(Key(tracks_.begin()->first), After::forget);
}

void LiveCall::setState(CallState state, const std::string& detail) {
    if (state_ == state && detail_ == detail) return;
    if (state_ != state) {
        stateSince_ = std::chrono::system_clock::now();
        changedAt_ = Clock::now();
        awaitedUntil_ = {};
    }
    state_ = state;
    detail_ = detail;
    log::info("call state call={} state={} detail=\"{}\"", settings_.name, callStateName(state), detail);
    if (events_.happened)
        events_.happened({Event::Subject::call, settings_.name, {}, {}, callStateName(state), detail});
    if (state == CallState::left) endWaiting();
}

void LiveCall::endWaiting() {
    std::vector<Key> waiting;
    for (const auto& [key, entry] : tracks_)
        if (entry.feeder == 0) waiting.push_back(key);
    for (const auto& key : waiting)
        endTrack(key, After::forget);
}

void LiveCall::tell(const Track& track, const char* state) const {
    if (events_.happened)
        events_.happened({Event::Subject::track, settings_.name, track.name().text(), {}, state, {}});
}

void LiveCall::countReconnect(LostCause cause) {
    ++reconnects_[lostCauseName(cause)];
}

Session* LiveCall::find(PeerId id) const {
    const auto found = sessions_.find(id);
    return found == sessions_.end() ? nullptr : found->second.get();
}

PeerSettings LiveCall::peerSettings(const std::string& who) const {
    PeerSettings peer;
    peer.label = "call=" + settings_.name + " participant=" + who;
    peer.iceServers = webrtc_.iceServers;
    peer.number = lastId_;
    peer.videoCodecs = settings_.videoCodecs;
    peer.mediaTimeout = settings_.mediaTimeout;
    peer.jitter = settings_.jitter;
    return peer;
}

PeerEvents LiveCall::peerEvents(PeerId id) {
    PeerEvents events;
    // Streaming thread: the input crosses to the loop, and is disposed there when nobody takes it.
    auto adoptOnLoop = lifetime_.guard([this, id](const std::shared_ptr<TrackInput>& input) {
        if (Session* session = find(id)) adopt(*session, input);
    });
    auto cross = [&loop = loop_, adoptOnLoop](std::shared_ptr<TrackInput> input) {
        loop.post([adoptOnLoop, input = std::move(input)]() mutable {
            adoptOnLoop(input);
            input->letFirstPacketGo();
        });
    };
    events.onPad = [cross](const IncomingPad& pad) { TrackInput::start(pad, cross); };
    events.onPadGone = [this, id](std::uint32_t ssrc) { onPadGone(id, ssrc); };
    events.onConnected = [this, id] { onConnected(id); };
    events.onLost = [this, id](LostCause cause, const std::string& detail) { onLost(id, cause, detail); };
    return events;
}

PeerId LiveCall::publish(const PublishRequest& request, PublishEvents events) {
    makeRoom(request.participant);
    const PeerId id = ++lastId_;
    auto session = std::make_unique<Session>(id, request, std::move(events));
    auto settings = peerSettings(request.participant);
    settings.loopbackOnly = request.loopbackOnly;
    session->peer = std::make_unique<Peer>(loop_, std::move(settings), peerEvents(id));
    Peer& peer = *session->peer;
    sessions_.emplace(id, std::move(session));
    log::info("peer joins call={} participant={} peer={}", settings_.name, request.participant, id);
    peer.acceptOffer(request.offer, answerDeadline,
                     lifetime_.guard([this, id](const LocalDescription& answer) { onAnswer(id, answer); }));
    return id;
}

/// One session that waits to take over is enough: a newer one ends it.
void LiveCall::makeRoom(const std::string& participant) {
    std::vector<PeerId> waiting;
    for (const auto& [id, session] : sessions_)
        if (!session->isGuest() && session->request.participant == participant && !session->peer->connected())
            waiting.push_back(id);
    for (const auto id : waiting) {
        const auto events = sessions_.at(id)->events;
        endSession(id, true);
        if (events.onEnded) events.onEnded(LostCause::signalling, "replaced by a newer session");
    }
    if (sessions_.size() >= maxTracks_)
        throw Refused(Refused::Kind::limit, "limits.tracks_per_call is reached in call " + settings_.name);
}

void LiveCall::onAnswer(PeerId id, const LocalDescription& answer) {
    Session* session = find(id);
    if (!session) return;
    const auto tell = session->events.onAnswer;
    if (answer.error) endSession(id, false);
    if (tell) tell(answer);
}

void LiveCall::onConnected(PeerId id) {
    Session* session = find(id);
    if (!session) return;
    log::info("peer connected call={} participant={} peer={}", settings_.name, session->who(), id);
    if (session->isGuest()) changedAt_ = Clock::now();
    endOlder(*session);
    if (session->isGuest() && session->guest->onConnected) session->guest->onConnected();
}

/// Those that `session` takes over from: its participant's, or the guests before it.
void LiveCall::endOlder(const Session& session) {
    std::vector<PeerId> older;
    for (const auto& [other, candidate] : sessions_)
        if (other < session.id && candidate->isGuest() == session.isGuest() &&
            candidate->request.participant == session.request.participant)
            older.push_back(other);
    for (const auto other : older) {
        const auto events = sessions_.at(other)->events;
        endSession(other, true);
        if (session.isGuest()) continue;
        ++reconnects_["replaced"];
        if (events.onEnded) events.onEnded(LostCause::signalling, "replaced by a newer session");
    }
}

void LiveCall::onLost(PeerId id, LostCause cause, const std::string& detail) {
    Session* session = find(id);
    if (!session) return;
    ++lost_[lostCauseName(cause)];
    log::warn("peer lost call={} participant={} peer={} cause={} detail=\"{}\"", settings_.name,
              session->who(), id, lostCauseName(cause), detail);
    const auto tellOwner = session->isGuest() ? session->guest->onLost : session->events.onEnded;
    endSession(id, session->isGuest());
    if (tellOwner) tellOwner(cause, detail);
}

bool LiveCall::addCandidate(PeerId peer, const std::string& mid, const std::string& candidate) {
    Session* session = find(peer);
    return session && session->peer->addCandidate(mid, candidate);
}

std::string LiveCall::remoteUfrag(PeerId peer) const {
    const Session* session = find(peer);
    return session ? session->peer->remoteUfrag() : "";
}

bool LiveCall::removePeer(PeerId peer) {
    if (!find(peer)) return false;
    endSession(peer, false);
    return true;
}

void LiveCall::endSession(PeerId id, bool keepTracks) {
    const auto found = sessions_.find(id);
    const auto session = std::move(found->second);
    sessions_.erase(found);
    log::info("peer leaves call={} participant={} peer={}", settings_.name, session->who(), id);
    // Its streaming threads end first: nothing is pushed any more into what the tracks dispose.
    session->peer.reset();
    if (session->isGuest()) {
        changedAt_ = Clock::now();
        awaitedUntil_ = changedAt_ + longestRenewal;
    }
    releaseTracksOf(id, keepTracks);
}

void LiveCall::releaseTracksOf(PeerId id, bool keepTracks) {
    std::vector<Key> ended;
    for (auto& [key, entry] : tracks_) {
        if (entry.feeder != id) continue;
        entry.feeder = 0;
        if (!keepTracks) {
            ended.push_back(key);
            continue;
        }
        entry.track->loseInput(TrackInput::Wake::never);
        tell(*entry.track, "waiting");
    }
    for (const auto& key : ended)
        endTrack(key, After::forget);
}

void LiveCall::adopt(Session& session, const std::shared_ptr<TrackInput>& input) {
    if (!input->awake()) return; // asleep again before its news came here
    session.keep(input);
    const auto key = session.ownerOf(*input);
    log::debug("stream awake call={} peer={} ssrc={} mid={} owner={}", settings_.name, session.id,
               input->ssrc(), input->mid(), key ? key->participant + "/" + key->source : "none");
    if (!key || isTaken(*key, session.id)) {
        input->wakeOn(TrackInput::Wake::never);
        if (!session.peer->announces(input->mid(), input->ssrc())) session.forget(*input);
        return;
    }
    const bool isNew = !tracks_.contains(*key);
    Entry& entry = entryFor(*key, input->kind());
    const auto before = entry.track->input();
    entry.track->setInput(input);
    if (before && entry.feeder == session.id && before->ssrc() != input->ssrc()) session.forget(*before);
    entry.feeder = session.id;
    log::info("track live track={} peer={}", entry.track->name().text(), session.id);
    tell(*entry.track, "live");
    if (isNew && events_.trackAdded) events_.trackAdded(*entry.track);
}

/// By a newer session of the participant, or because the call has no room for one more track.
bool LiveCall::isTaken(const Key& key, PeerId newer) const {
    const auto found = tracks_.find(key);
    if (found != tracks_.end()) return found->second.feeder > newer;
    if (tracks_.size() < maxTracks_) return false;
    log::warn("track refused call={} participant={} source={} reason=\"limits.tracks_per_call is reached\"",
              settings_.name, key.participant, key.source);
    return true;
}

LiveCall::Entry& LiveCall::entryFor(const Key& key, MediaKind kind) {
    Entry& entry = tracks_[key];
    if (!entry.track)
        entry.track = std::make_unique<Track>(loop_, TrackName{settings_.name, key.participant, key.source},
                                              kind, [this, key] { onWatched(key); });
    return entry;
}

void LiveCall::endTrack(const Key& key, After after) {
    const auto found = tracks_.find(key);
    const Entry entry = std::move(found->second);
    tracks_.erase(found);
    if (events_.trackEnds) events_.trackEnds(*entry.track);
    Session* session = find(entry.feeder);
    if (session && entry.track->input() && after == After::forget) session->forget(*entry.track->input());
    entry.track->loseInput(after == After::wakeOnPacket ? TrackInput::Wake::onPacket
                                                        : TrackInput::Wake::never);
    log::info("track ended track={}", entry.track->name().text());
    tell(*entry.track, "ended");
}

void LiveCall::onPadGone(PeerId id, std::uint32_t ssrc) {
    const auto found = std::find_if(tracks_.begin(), tracks_.end(), [&](const auto& item) {
        const auto& input = item.second.track->input();
        return item.second.feeder == id && input && input->ssrc() == ssrc;
    });
    if (found != tracks_.end()) endTrack(Key(found->first), After::forget);
}

void LiveCall::sourceOff(PeerId peer, const std::string& source) {
    Session* session = find(peer);
    const auto found = session ? tracks_.find(Key{session->request.participant, source}) : tracks_.end();
    if (found == tracks_.end() || found->second.feeder != peer) return;
    session->switchedOff[source] = found->second.track->input();
    endTrack(Key(found->first), After::stayAsleep);
}

void LiveCall::sourceOn(PeerId peer, const std::string& source) {
    Session* session = find(peer);
    if (!session) return;
    const auto found = session->switchedOff.find(source);
    if (found == session->switchedOff.end()) return;
    if (found->second) found->second->wakeOn(TrackInput::Wake::onPacket);
    session->switchedOff.erase(found);
}

Track* LiveCall::findTrack(const TrackName& name) {
    const auto found = tracks_.find(Key{name.participant, name.source});
    return found == tracks_.end() ? nullptr : found->second.track.get();
}

void LiveCall::forEachTrack(const std::function<void(Track&)>& visit) {
    for (auto& [key, entry] : tracks_)
        visit(*entry.track);
}

/// Whether a peer is on its way that may feed the tracks that wait.
bool LiveCall::comesBack(Clock::time_point now) const {
    if (state_ == CallState::joining || state_ == CallState::reconnecting) return true;
    bool connecting = now < awaitedUntil_;
    for (const auto& [id, session] : sessions_) {
        if (session->isGuest() && session->peer->connected()) return false;
        connecting = connecting || session->isGuest();
    }
    return connecting;
}

bool LiveCall::isSilent(const Entry& entry, Clock::time_point now) const {
    if (entry.track->paused()) return false;
    auto since = entry.track->lastActivity();
    if (entry.feeder == 0) {
        if (comesBack(now)) return false;
        since = std::max(since, changedAt_);
    }
    // When the SFU is silent as a whole, its peer is lost and not its tracks.
    const Session* guest = findGuest(entry.feeder);
    if (guest && guest->peer->silence() * 2 > settings_.mediaTimeout) return false;
    return now - since > settings_.mediaTimeout;
}

void LiveCall::watch() {
    const auto now = Clock::now();
    for (auto& [id, session] : sessions_)
        session->forgetDue(now);
    pauseUnwatched(now);
    std::vector<Key> silent;
    for (auto& [key, entry] : tracks_) {
        entry.track->refreshFormat();
        const Session* session = find(entry.feeder);
        if (session && entry.track->input())
            entry.track->noteLost(session->peer->lostPackets(entry.track->input()->ssrc()));
        if (isSilent(entry, now)) silent.push_back(key);
    }
    // A camera that is only off may come back on the same SSRC: its next packet wakes it.
    for (const auto& key : silent)
        endTrack(key, After::wakeOnPacket);
    expectMedia();
}

CallSnapshot LiveCall::snapshot() const {
    CallSnapshot snapshot;
    snapshot.name = settings_.name;
    snapshot.type = config::joinName(settings_);
    snapshot.state = state_;
    snapshot.detail = detail_;
    snapshot.since = stateSince_;
    snapshot.peers = static_cast<std::uint32_t>(sessions_.size());
    snapshot.reconnects = reconnects_;
    for (const auto* cause : {"ice", "timeout", "dtls", "fingerprint", "signalling"})
        snapshot.peersLost[cause] = 0;
    for (const auto& [cause, count] : lost_)
        snapshot.peersLost[cause] = count;
    bool connected = false;
    for (const auto& [id, session] : sessions_) {
        connected = connected || session->peer->connected();
        if (!session->isGuest())
            snapshot.participants.push_back(
                {session->request.participant, session->request.display, session->peer->connected()});
    }
    for (const Member& member : members_)
        snapshot.participants.push_back({member.name, member.display, connected});
    return snapshot;
}

void LiveCall::addTracks(Snapshot& snapshot) const {
    for (const auto& [key, entry] : tracks_)
        snapshot.tracks.push_back(entry.track->snapshot());
}

} // namespace spillway::relay
