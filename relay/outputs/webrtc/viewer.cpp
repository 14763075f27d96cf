#include "relay/outputs/webrtc/viewer.h"

#include <utility>

namespace spillway::relay::webrtc {

namespace {

QueueAtTrack::Setup setUp(QueueBounds bounds, QueueBudget::Reservation reservation, OutputMetrics& metrics,
                          std::function<void()> wakeReader) {
    return {
        bounds,         std::move(reservation),  metrics, std::move(wakeReader), FrameQueue::Start::anywhere,
        Rendition::rtp, Track::BranchUse::shared};
}

} // namespace

ViewerTrack::ViewerTrack(const Track& track, QueueBounds bounds, QueueBudget::Reservation reservation,
                         OutputMetrics& metrics, Worker& worker)
    : slot_(worker)
    , source_(track, setUp(bounds, std::move(reservation), metrics,
                           [&worker, slot = slot_.number()] { worker.wake(slot); })) {}

ChannelSetup ViewerTrack::channel(Worker& worker) const {
    ChannelSetup setup;
    setup.slot = slot_.number();
    setup.queue = source_.queue();
    if (source_.kind() == MediaKind::video) setup.ring = worker.ringFor(name().text());
    setup.wish = source_.wish();
    setup.stats = stats_;
    return setup;
}

ViewerTrackSnapshot ViewerTrack::snapshot() const {
    ViewerTrackSnapshot snapshot;
    snapshot.track = name();
    snapshot.bounds = source_.queue()->bounds();
    snapshot.queue = source_.queue()->stats();
    const auto reading = stats_->read();
    snapshot.counters = reading.counters;
    snapshot.reception = reading.reception;
    return snapshot;
}

ViewerSnapshot Viewer::snapshot() const {
    ViewerSnapshot snapshot;
    snapshot.id = id;
    snapshot.call = call;
    snapshot.participant = participant;
    snapshot.state = state;
    snapshot.age = std::chrono::duration<double>(Clock::now() - since).count();
    snapshot.address = stats->address();
    snapshot.bandwidth = stats->bandwidth.load(std::memory_order_relaxed);
    for (const auto& track : tracks)
        snapshot.tracks.push_back(track->snapshot());
    return snapshot;
}

} // namespace spillway::relay::webrtc
