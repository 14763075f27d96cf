#include "relay/outputs/webrtc/viewer.h"

#include <utility>

namespace spillway::relay::webrtc {

ViewerTrack::ViewerTrack(const Track& track, QueueBounds bounds, QueueBudget::Reservation reservation,
                         OutputMetrics& metrics, Worker& worker)
    : name_(track.name())
    , reservation_(std::move(reservation))
    , metrics_(metrics)
    , feed_(worker.feedFor(
          name_.text(),
          {.kind = track.kind(), .bounds = bounds, .depths = &metrics.depth, .latencies = &metrics.latency}))
    , share_(std::make_shared<Share>(
          feed_->queue(),
          std::make_shared<FrameQueue>(
              bounds, FrameQueue::Hooks{{}, feed_->onDrop(), &metrics.depth, &metrics.latency, nullptr},
              FrameQueue::Start::anywhere))) {}

void ViewerTrack::attach(Track& track) {
    if (attachment_) return;
    feed_->begin(track.broker());
    attachment_ = track.attach(feed_->queue(), Rendition::rtp, Track::BranchUse::shared);
}

void ViewerTrack::detach() {
    if (!attachment_) return;
    attachment_ = {};
    feed_->pause();
}

void ViewerTrack::end() {
    attachment_ = {};
    share_->own().end(EndReason::unsubscribed);
}

ChannelSetup ViewerTrack::channel() const {
    ChannelSetup setup;
    setup.feed = feed_;
    setup.share = share_;
    setup.wish = feed_->wish();
    if (feed_->kind() == MediaKind::video) setup.firstKeyframe = &metrics_.firstKeyframe;
    return setup;
}

ViewerTrackSnapshot ViewerTrack::snapshot() const {
    ViewerTrackSnapshot snapshot;
    snapshot.track = name_;
    snapshot.bounds = share_->own().bounds();
    snapshot.queue = share_->stats();
    const auto reading = share_->reading();
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
