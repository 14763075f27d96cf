#include "relay/outputs/webrtc/viewer.h"

#include <utility>

namespace spillway::relay::webrtc {

ViewerTrack::ViewerTrack(const Track& track, QueueBounds bounds, QueueBudget::Reservation reservation,
                         OutputMetrics& metrics, Worker& worker, std::uint32_t slot)
    : name_(track.name())
    , kind_(track.kind())
    , slot_(slot)
    , reservation_(std::move(reservation)) {
    FrameQueue::Hooks hooks;
    hooks.wakeReader = [&worker, slot] { worker.wake(slot); };
    hooks.wishKeyframe = [wishes = wishes_] { wishes->wish(WishReason::drop); };
    hooks.depths = &metrics.depth;
    hooks.latencies = &metrics.latency;
    feed_->queue = std::make_shared<FrameQueue>(bounds, std::move(hooks), FrameQueue::Start::anywhere);
    feed_->sharesBranch = true;
    if (kind_ == MediaKind::video) feed_->firstKeyframe = &metrics.firstKeyframe;
}

void ViewerTrack::attach(Track& track) {
    if (attached_) return;
    wishes_->target(track.broker());
    attached_ = track.attach(feed_, !std::exchange(isFirst_, false));
}

void ViewerTrack::detach(Track& track) {
    if (!attached_) return;
    track.detach(*attached_);
    attached_.reset();
    wishes_->target(nullptr);
    feed_->queue->restart();
}

void ViewerTrack::end(Track* track) {
    if (track) detach(*track);
    feed_->queue->end(EndReason::unsubscribed);
}

ChannelSetup ViewerTrack::channel(Worker& worker) const {
    ChannelSetup setup;
    setup.slot = slot_;
    setup.queue = feed_->queue;
    if (kind_ == MediaKind::video) setup.ring = worker.ringFor(name_.text());
    setup.wish = [wishes = wishes_](WishReason reason) { wishes->wish(reason); };
    setup.stats = stats_;
    return setup;
}

ViewerTrackSnapshot ViewerTrack::snapshot() const {
    ViewerTrackSnapshot snapshot;
    snapshot.track = name_;
    snapshot.bounds = feed_->queue->bounds();
    snapshot.queue = feed_->queue->stats();
    snapshot.packets = stats_->packets.load(std::memory_order_relaxed);
    snapshot.bytes = stats_->bytes.load(std::memory_order_relaxed);
    snapshot.retransmitted = stats_->retransmitted.load(std::memory_order_relaxed);
    snapshot.unavailable = stats_->unavailable.load(std::memory_order_relaxed);
    snapshot.keyframesWanted = stats_->keyframesWanted.load(std::memory_order_relaxed);
    const auto lost = stats_->lost.load(std::memory_order_relaxed);
    snapshot.lost = lost > 0 ? static_cast<std::uint64_t>(lost) : 0;
    snapshot.fractionLost = stats_->fractionLost.load(std::memory_order_relaxed);
    snapshot.jitter = stats_->jitter.load(std::memory_order_relaxed);
    snapshot.roundTrip = stats_->roundTrip.load(std::memory_order_relaxed);
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
