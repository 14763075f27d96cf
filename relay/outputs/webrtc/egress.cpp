#include "relay/outputs/webrtc/egress.h"

#include "relay/base/cores.h"
#include "relay/base/log.h"
#include "relay/dtls/ice_credentials.h"
#include "relay/dtls/identity.h"
#include "relay/outputs/webrtc/agreement.h"
#include "relay/outputs/webrtc/worker/placement.h"
#include "relay/values/refused.h"

#include <algorithm>
#include <utility>

namespace spillway::relay::webrtc {

namespace {

/// A browser connects within a second; a hundred may come at once from behind one address.
constexpr Pending::Limits mayWait{256, 128};

/// Of its TCP connection, with what the kernel has of it: how a viewer comes shows after it has its answer.
constexpr std::uint64_t tcpBytes = port::TcpConnection::maxWaiting + port::TcpConnection::kernelBytes;

void add(ViewerTotals& totals, const ViewerTrackSnapshot& track) {
    totals.counters += track.counters;
    for (std::size_t i = 0; i < totals.dropped.size(); ++i)
        totals.dropped.at(i) += track.queue.dropped.at(i);
}

ViewRefused refusal(const sdp::Error& error) {
    const bool malformed = error.kind == sdp::Error::Kind::malformed;
    return {malformed ? ViewRefused::Kind::malformed : ViewRefused::Kind::unsupported, error.detail};
}

} // namespace

Egress::Egress(Context context)
    : context_(std::move(context))
    , pending_(mayWait) {
    port::MediaPort& port = context_.port;
    if (!port.isOpen()) return;
    context_.budget.onNeed([this] { return endNewest(); });
    dtls_ = std::make_unique<DtlsContext>(dtls::ourIdentity());
    const unsigned count = usableCores();
    for (unsigned i = 0; i < count; ++i)
        workers_.push_back(
            std::make_unique<Worker>(i, port.bind(), Worker::Context{*dtls_, port.directory()}));
    for (const auto& worker : workers_)
        worker->start();
    const auto& sockets = workers_.front()->sockets();
    if (!sockets.bufferWarning().empty()) log::warn("viewers {}", sockets.bufferWarning());
    for (const auto& address : port.addresses())
        log::info("viewers listening address={} workers={}", address.text(), count);
}

Egress::~Egress() {
    context_.budget.onNeed(nullptr);
    endAll();
    // All threads end before any worker goes, since they pass datagrams to each other.
    context_.port.stop();
    for (const auto& worker : workers_)
        worker->stop();
}

std::vector<Track*> Egress::tracksFor(const ViewRequest& request) const {
    std::vector<Track*> tracks;
    for (const auto& [name, track] : tracks_)
        if (name.call == request.call && name.participant == request.participant &&
            name.source == request.source.value_or(name.source))
            tracks.push_back(track);
    if (!request.source) tracks = mainTracks(tracks);
    if (tracks.empty())
        throw ViewRefused(ViewRefused::Kind::noTrack,
                          "there is no track of " + request.participant + " in " + request.call + " now");
    return tracks;
}

void Egress::waitForOthers(const ViewRequest& request, const std::vector<Track*>& tracks,
                           const sdp::ViewerOffer& offer) const {
    if (request.source || !context_.isComing) return;
    for (const MediaKind kind : {MediaKind::video, MediaKind::audio}) {
        const auto isOfKind = [&](const Track* track) { return track->kind() == kind; };
        if (!offer.lineFor(kind) || std::any_of(tracks.begin(), tracks.end(), isOfKind)) continue;
        if (context_.isComing(request.call, request.participant, kind))
            throw ViewRefused(ViewRefused::Kind::noTrack,
                              std::string("the ") + (kind == MediaKind::video ? "picture" : "sound") +
                                  " of " + request.participant + " in " + request.call + " is about to come");
    }
}

Worker& Egress::workerFor(const std::vector<AgreedLine>& lines) {
    std::vector<WorkerLoad> loads;
    for (const auto& worker : workers_)
        loads.push_back({worker->viewers(), std::any_of(lines.begin(), lines.end(), [&](const auto& line) {
                             return isWatchedAt(*worker, line.track->name());
                         })});
    return *workers_[placeFor(loads)];
}

/// By those too who are not connected yet: an audience that comes at once stays together.
bool Egress::isWatchedAt(const Worker& worker, const TrackName& track) const {
    return std::any_of(viewers_.begin(), viewers_.end(), [&](const auto& entry) {
        const auto& [id, viewer] = entry;
        return &viewer->worker == &worker && viewer->watches(track);
    });
}

ViewAnswer Egress::view(const ViewRequest& request, std::function<void(const std::string&)> onEnded) {
    if (workers_.empty())
        throw ViewRefused(ViewRefused::Kind::disabled,
                          "this node serves no viewers: webrtc.listen and webrtc.listen_tcp are empty");
    if (context_.port.reachable().empty())
        throw ViewRefused(ViewRefused::Kind::limit, port::MediaPort::nowhere);
    const auto read = sdp::readViewerOffer(request.offer);
    if (const auto* error = std::get_if<sdp::Error>(&read)) throw refusal(*error);
    const auto& offer = std::get<sdp::ViewerOffer>(read);
    const auto tracks = tracksFor(request);
    waitForOthers(request, tracks, offer);
    const auto lines = agree(tracks, offer);

    Worker& worker = workerFor(lines);
    auto viewer = std::make_unique<Viewer>(lastId_ + 1, request, worker);
    viewer->onEnded = std::move(onEnded);
    for (const AgreedLine& line : lines)
        viewer->tracks.push_back(std::make_unique<ViewerTrack>(*line.track, line.stream));
    // It is taken when the viewer is connected; now it must fit, or coming would be in vain.
    reserve(bytesOf(*viewer), static_cast<std::uint32_t>(lines.size()));
    SessionSetup setup = setUp(*viewer, offer);
    ViewAnswer answered{viewer->id, answer(offer, lines, setup.ours), offer.ice.ufrag};
    viewer->place = pending_.add(request.client,
                                 [this, id = viewer->id] { finish(id, "too many viewers wait to connect"); });
    worker.add(std::move(setup));
    lastId_ = answered.id;
    const Viewer& joined = *viewers_.emplace(answered.id, std::move(viewer)).first->second;
    log::info("viewer joined viewer={} call={} participant={}", answered.id, joined.call, joined.participant);
    return answered;
}

QueueBudget::Reservation Egress::reserve(std::uint64_t bytes, std::uint32_t queues) {
    try {
        return context_.budget.reserve(bytes, queues, QueueBudget::Claim::viewer);
    } catch (const Refused& refused) {
        throw ViewRefused(ViewRefused::Kind::limit, refused.what());
    }
}

std::uint64_t Egress::bytesOf(const Viewer& viewer) const {
    std::uint64_t bytes = context_.port.tcp() ? tcpBytes : 0;
    for (const auto& track : viewer.tracks)
        bytes += track->bounds().bytes;
    return bytes;
}

SessionSetup Egress::setUp(const Viewer& viewer, const sdp::ViewerOffer& offer) {
    SessionSetup setup;
    setup.id = viewer.id;
    setup.ours = dtls::randomIceCredentials();
    setup.theirs = offer.ice;
    setup.fingerprint = offer.fingerprint;
    setup.stats = viewer.stats;
    const Poster post = context_.loop.poster(lifetime_);
    setup.onConnected = [this, post, id = viewer.id] { post([this, id] { onConnected(id); }); };
    setup.onEnded = [this, post, id = viewer.id](const std::string& reason) {
        post([this, id, reason] { finish(id, reason); });
    };
    return setup;
}

void Egress::onConnected(ViewerId id) {
    const auto found = viewers_.find(id);
    if (found == viewers_.end()) return;
    found->second->place = {};
    log::info("viewer connected viewer={} address={}", id, found->second->stats->address());
    try {
        play(*found->second);
    } catch (const std::exception& error) {
        finish(id, error.what());
    }
}

void Egress::play(Viewer& viewer) {
    std::uint64_t connection = context_.port.tcp() ? tcpBytes : 0;
    std::vector<QueueBudget::Reservation> rooms;
    for (const auto& track : viewer.tracks)
        rooms.push_back(reserve(track->bounds().bytes + std::exchange(connection, 0), 1));
    std::vector<ChannelSetup> channels;
    for (std::size_t i = 0; i < rooms.size(); ++i)
        channels.push_back(viewer.tracks[i]->begin(std::move(rooms[i]), context_.metrics, viewer.worker));
    viewer.worker.play(viewer.id, std::move(channels));
    viewer.state = ViewerState::connected;
    report(viewer, "attached", "");
    for (const auto& track : viewer.tracks)
        if (const auto live = tracks_.find(track->name()); live != tracks_.end())
            track->attach(*live->second);
}

/// For the budget: the newest that is connected goes.
bool Egress::endNewest() {
    const auto newest = std::find_if(viewers_.rbegin(), viewers_.rend(), [](const auto& entry) {
        return entry.second->state == ViewerState::connected;
    });
    if (newest == viewers_.rend()) return false;
    for (const auto& track : newest->second->tracks)
        track->giveWay();
    finish(newest->first, "a subscription needs its memory");
    return true;
}

std::string Egress::answer(const sdp::ViewerOffer& offer, const std::vector<AgreedLine>& lines,
                           const sdp::IceCredentials& credentials) const {
    sdp::ViewerAnswer answer;
    answer.ice = credentials;
    answer.fingerprint = dtls::ourIdentity().fingerprint();
    answer.candidates = context_.port.candidates();
    for (const AgreedLine& line : lines)
        answer.sent.push_back(line.sent);
    return sdp::viewerAnswer(offer, answer);
}

/// It ended on its own.
void Egress::finish(ViewerId viewer, const std::string& reason) {
    const auto found = viewers_.find(viewer);
    if (found == viewers_.end()) return;
    const auto onEnded = std::move(found->second->onEnded);
    remove(viewer, reason);
    if (onEnded) onEnded(reason);
}

bool Egress::end(ViewerId viewer) {
    if (!viewers_.contains(viewer)) return false;
    remove(viewer, "left");
    return true;
}

void Egress::endAll() {
    while (!viewers_.empty())
        end(viewers_.begin()->first);
}

void Egress::remove(ViewerId viewer, const std::string& reason) {
    auto node = viewers_.extract(viewer);
    Viewer& gone = *node.mapped();
    leaving_.insert(std::move(node));
    gone.place = {};
    log::info("viewer left viewer={} reason=\"{}\"", viewer, reason);
    if (gone.state == ViewerState::connected) report(gone, "detached", reason);
    for (const auto& track : gone.tracks)
        track->end();
    // Its queues and its part of the budget last until the worker has let go of it.
    gone.worker.remove(viewer, [this, viewer, post = context_.loop.poster(lifetime_)] {
        post([this, viewer] { settle(viewer); });
    });
}

/// Nothing more comes of a viewer that has gone.
void Egress::settle(ViewerId gone) {
    const auto viewer = leaving_.extract(gone);
    for (const auto& track : viewer.mapped()->tracks)
        if (tracks_.contains(track->name())) add(totalsOfGone_[track->name()], track->snapshot());
}

void Egress::trackAdded(Track& track) {
    tracks_[track.name()] = &track;
    forTracksNamed(track.name(), [&](ViewerTrack& watched) { watched.attach(track); });
}

void Egress::trackEnds(const TrackName& track) {
    forTracksNamed(track, [](ViewerTrack& watched) { watched.detach(); });
    totalsOfGone_.erase(track);
    tracks_.erase(track);
}

void Egress::forTracksNamed(const TrackName& name, const std::function<void(ViewerTrack&)>& fn) {
    for (const auto& [id, viewer] : viewers_)
        for (const auto& track : viewer->tracks)
            if (track->name() == name) fn(*track);
}

void Egress::callEnds(const std::string& call) {
    std::vector<ViewerId> over;
    for (const auto& [id, viewer] : viewers_)
        if (viewer->call == call) over.push_back(id);
    for (const ViewerId id : over)
        finish(id, "the call has ended");
}

void Egress::report(const Viewer& viewer, const char* state, const std::string& detail) const {
    for (const auto& track : viewer.tracks)
        context_.happened({Event::Subject::subscriber, viewer.call, track->name().text(),
                           "viewer-" + std::to_string(viewer.id), state, detail});
}

void Egress::addTo(Snapshot& snapshot) const {
    for (const auto& worker : workers_)
        snapshot.socketDrops["viewers"] += worker->sockets().drops();
    snapshot.viewerTotals = totalsOfGone_;
    const auto addTotals = [&](const ViewerSnapshot& viewer) {
        for (const auto& watched : viewer.tracks)
            if (tracks_.contains(watched.track)) add(snapshot.viewerTotals[watched.track], watched);
    };
    for (const auto& [id, viewer] : viewers_) {
        snapshot.viewers.push_back(viewer->snapshot());
        addTotals(snapshot.viewers.back());
    }
    for (const auto& [id, viewer] : leaving_)
        addTotals(viewer->snapshot());
}

bool Egress::isStuck(Clock::duration limit) const {
    const auto now = Clock::now();
    return std::any_of(workers_.begin(), workers_.end(), [&](const auto& worker) {
        const auto since = worker->busySince();
        return since && now - *since > limit;
    });
}

} // namespace spillway::relay::webrtc
