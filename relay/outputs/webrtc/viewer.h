// One viewer as the main loop knows it: which tracks it plays, by name, and what they are fed by. Until it is
// connected it has no queue, and nothing of the memory budget. The session on the wire is its worker's. Loop
// thread.
#pragma once

#include "relay/base/pending.h"
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

/// One track of it. Feed and queue last from begin() until the viewer goes; tracks come and go.
class ViewerTrack {
  public:
    /// `stream` is what was agreed with the viewer.
    ViewerTrack(const Track& track, ViewerStreamSettings stream);

    const TrackName& name() const { return name_; }
    /// What its queue may hold.
    const QueueBounds& bounds() const;
    /// The viewer is connected. Gives what the worker needs of it.
    ChannelSetup begin(QueueBudget::Reservation reservation, OutputMetrics& metrics, Worker& worker);

    // Without effect before begin().
    /// The first time the worker looks for a keyframe to begin with; later the feed awaits one. Throws as
    /// Track::attach.
    void attach(Track& track);
    void detach();
    /// Nothing is queued from now on.
    void end();
    /// Its part of the memory budget is another's from now on. It must end now.
    void giveWay() { reservation_.giveBack(); }
    ViewerTrackSnapshot snapshot() const;

  private:
    const TrackName name_;
    const MediaKind kind_;
    const ViewerStreamSettings stream_;
    QueueBudget::Reservation reservation_;
    std::shared_ptr<Feed> feed_; ///< null before begin(), as the next
    std::shared_ptr<Share> share_;
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
    Pending::Place place; ///< until it is connected
    std::vector<std::unique_ptr<ViewerTrack>> tracks;
    std::shared_ptr<ViewerStats> stats = std::make_shared<ViewerStats>();

    bool watches(const TrackName& track) const;
    ViewerSnapshot snapshot() const;
};

} // namespace spillway::relay::webrtc
