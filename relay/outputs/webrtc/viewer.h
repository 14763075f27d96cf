// One viewer as the main loop knows it: which tracks it plays, by name, and what they are fed by. The session
// on the wire is its worker's. Loop thread.
#pragma once

#include "relay/outputs/subscriber.h"
#include "relay/outputs/webrtc/worker/viewer_stats.h"
#include "relay/outputs/webrtc/worker/worker.h"
#include "relay/queue/budget.h"
#include "relay/track/track.h"
#include "relay/values/viewing.h"

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace spillway::relay::webrtc {

/// Whom a viewer's wishes for a keyframe go to: its track, or nobody while there is none. Any thread.
class Wishes {
  public:
    void target(std::shared_ptr<KeyframeBroker> broker) {
        const std::lock_guard lock(mutex_);
        broker_ = std::move(broker);
    }
    void wish(WishReason reason) {
        const std::lock_guard lock(mutex_);
        if (broker_) broker_->wish(reason);
    }

  private:
    std::mutex mutex_; ///< protects broker_
    std::shared_ptr<KeyframeBroker> broker_;
};

/// One track of it. Its queue lasts as long as the viewer; tracks come and go.
class ViewerTrack {
  public:
    ViewerTrack(const Track& track, QueueBounds bounds, QueueBudget::Reservation reservation,
                OutputMetrics& metrics, Worker& worker, std::uint32_t slot);
    ~ViewerTrack() = default;
    ViewerTrack(const ViewerTrack&) = delete;
    ViewerTrack& operator=(const ViewerTrack&) = delete;

    const TrackName& name() const { return name_; }
    /// The first time the worker looks for a keyframe to begin with; later the queue awaits one.
    void attach(Track& track);
    void detach(Track& track);
    /// Nothing is pushed from now on.
    void end(Track* track);
    /// What the worker needs of it, but for what was agreed with the viewer.
    ChannelSetup channel(Worker& worker) const;
    ViewerTrackSnapshot snapshot() const;
    std::uint32_t slot() const { return slot_; }

  private:
    const TrackName name_;
    const MediaKind kind_;
    const std::uint32_t slot_;
    QueueBudget::Reservation reservation_;
    std::shared_ptr<Feed> feed_ = std::make_shared<Feed>();
    std::shared_ptr<ChannelStats> stats_ = std::make_shared<ChannelStats>();
    std::shared_ptr<Wishes> wishes_ = std::make_shared<Wishes>();
    std::optional<Track::FeedId> attached_;
    bool isFirst_ = true;
};

struct Viewer {
    Viewer(ViewerId viewerId, const ViewRequest& request, Worker& viewerWorker)
        : id(viewerId)
        , call(request.call)
        , participant(request.participant)
        , worker(viewerWorker) {}

    const ViewerId id;
    const std::string call;
    const std::string participant;
    Worker& worker;
    std::function<void(const std::string& reason)> onEnded;
    Clock::time_point since = Clock::now();
    ViewerState state = ViewerState::connecting;
    std::vector<std::unique_ptr<ViewerTrack>> tracks;
    std::shared_ptr<ViewerStats> stats = std::make_shared<ViewerStats>();

    ViewerSnapshot snapshot() const;
};

} // namespace spillway::relay::webrtc
