// One viewer as the main loop knows it: which tracks it plays, by name, and what they are fed by. The session
// on the wire is its worker's. Loop thread.
#pragma once

#include "relay/outputs/output_metrics.h"
#include "relay/outputs/webrtc/worker/viewer_stats.h"
#include "relay/outputs/webrtc/worker/worker.h"
#include "relay/queue/budget.h"
#include "relay/track/track.h"
#include "relay/values/viewing.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace spillway::relay::webrtc {

/// One track of it. Feed and queue last as long as the viewer; tracks come and go.
class ViewerTrack {
  public:
    ViewerTrack(const Track& track, QueueBounds bounds, QueueBudget::Reservation reservation,
                OutputMetrics& metrics, Worker& worker);

    const TrackName& name() const { return name_; }
    /// The first time the worker looks for a keyframe to begin with; later the feed awaits one. Throws as
    /// Track::attach.
    void attach(Track& track);
    void detach();
    /// Nothing is queued from now on.
    void end();
    /// What the worker needs of it, but for what was agreed with the viewer.
    ChannelSetup channel() const;
    ViewerTrackSnapshot snapshot() const;

  private:
    const TrackName name_;
    const QueueBudget::Reservation reservation_;
    OutputMetrics& metrics_;
    const std::shared_ptr<Feed> feed_;
    const std::shared_ptr<Share> share_;
    Track::Attachment attachment_;
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
