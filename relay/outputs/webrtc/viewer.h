// One viewer as the main loop knows it: which tracks it plays, by name, and what they are fed by. The session
// on the wire is its worker's. Loop thread.
#pragma once

#include "relay/outputs/queue_at_track.h"
#include "relay/outputs/webrtc/worker/viewer_stats.h"
#include "relay/outputs/webrtc/worker/worker.h"
#include "relay/values/viewing.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace spillway::relay::webrtc {

/// One track of it. Its queue lasts as long as the viewer; tracks come and go.
class ViewerTrack {
  public:
    ViewerTrack(const Track& track, QueueBounds bounds, QueueBudget::Reservation reservation,
                OutputMetrics& metrics, Worker& worker);

    const TrackName& name() const { return source_.name(); }
    /// The first time the worker looks for a keyframe to begin with; later the queue awaits one.
    void attach(Track& track) { source_.attach(track); }
    void detach() { source_.detach(); }
    /// Nothing is pushed from now on.
    void end() { source_.end(EndReason::unsubscribed); }
    /// What the worker needs of it, but for what was agreed with the viewer.
    ChannelSetup channel(Worker& worker) const;
    ViewerTrackSnapshot snapshot() const;

  private:
    const Worker::Slot slot_;
    QueueAtTrack source_;
    const std::shared_ptr<ChannelStats> stats_ = std::make_shared<ChannelStats>();
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
