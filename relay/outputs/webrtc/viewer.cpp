#include "relay/outputs/webrtc/viewer.h"

#include <algorithm>
#include <utility>

namespace spillway::relay::webrtc {

namespace {

// What is older than half a second is of no use to somebody who watches; a viewer whose path takes less than
// it gets starts over with a keyframe.
constexpr QueueBounds videoBounds{1024, 512ULL * 1024, std::chrono::milliseconds(500),
                                  QueuePolicy::dropToKeyframe};
constexpr QueueBounds audioBounds{128, 64ULL * 1024, std::chrono::milliseconds(500), QueuePolicy::dropOldest};

} // namespace

ViewerTrack::ViewerTrack(const Track& track, ViewerStreamSettings stream)
    : name_(track.name())
    , kind_(track.kind())
    , stream_(std::move(stream)) {}

const QueueBounds& ViewerTrack::bounds() const {
    return kind_ == MediaKind::video ? videoBounds : audioBounds;
}

ChannelSetup ViewerTrack::begin(QueueBudget::Reservation reservation, OutputMetrics& metrics,
                                Worker& worker) {
    reservation_ = std::move(reservation);
    feed_ = worker.feedFor(
        name_.text(),
        {.kind = kind_, .bounds = bounds(), .depths = &metrics.depth, .latencies = &metrics.latency});
    // What it drops its channel asks for, within the viewer's allowance.
    share_ = std::make_shared<Share>(
        feed_->queue(), std::make_shared<FrameQueue>(
                            bounds(), FrameQueue::Hooks{{}, {}, &metrics.depth, &metrics.latency, nullptr},
                            FrameQueue::Start::anywhere));
    ChannelSetup setup;
    setup.stream = stream_;
    setup.feed = feed_;
    setup.share = share_;
    setup.wish = feed_->wish();
    if (kind_ == MediaKind::video) setup.firstKeyframe = &metrics.firstKeyframe;
    return setup;
}

void ViewerTrack::attach(Track& track) {
    if (!feed_ || attachment_) return;
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
    if (share_) share_->own().end(EndReason::unsubscribed);
}

ViewerTrackSnapshot ViewerTrack::snapshot() const {
    ViewerTrackSnapshot snapshot;
    snapshot.track = name_;
    snapshot.bounds = bounds();
    if (!share_) return snapshot;
    snapshot.queue = share_->stats();
    const auto reading = share_->reading();
    snapshot.counters = reading.counters;
    snapshot.reception = reading.reception;
    return snapshot;
}

bool Viewer::watches(const TrackName& track) const {
    return std::any_of(tracks.begin(), tracks.end(), [&](const auto& one) { return one->name() == track; });
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
