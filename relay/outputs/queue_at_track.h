// A queue, its part of the memory budget, and its place at a track: what feeds a subscriber's output.
//
// Comes in: frames by the track's branch, while attached. Goes out: the queue, to its one reader; wishes for
// a keyframe, to the track it is attached to. Owner: Subscriber. Loop thread.
#pragma once

#include "relay/outputs/output_metrics.h"
#include "relay/queue/budget.h"
#include "relay/track/keyframe_wishes.h"
#include "relay/track/track.h"

#include <functional>
#include <memory>

namespace spillway::relay {

class QueueAtTrack {
  public:
    struct Setup {
        QueueBounds bounds;
        QueueBudget::Reservation reservation;
        OutputMetrics& metrics;
        std::function<void()> wakeReader; ///< FrameQueue::Hooks
        Rendition rendition = Rendition::rtp;
    };

    /// For tracks like this one, and attached to none yet.
    QueueAtTrack(const Track& track, Setup setup);

    const TrackName& name() const { return name_; }
    const std::shared_ptr<FrameQueue>& queue() const { return queue_; }
    /// For the reader, on any thread; without effect while no track feeds the queue.
    std::function<void(WishReason)> wish() const;

    /// Fed by this track from now on. No effect while it is attached. Throws as Track::attach.
    void attach(Track& track);
    /// Takes nothing from now on; the reader gets what is queued.
    void end(EndReason reason);
    /// Its part of the memory budget is another's from now on. It must end now.
    void giveWay() { reservation_.giveWay(); }

  private:
    const TrackName name_;
    const MediaKind kind_;
    const Rendition rendition_;
    QueueBudget::Reservation reservation_;
    const std::shared_ptr<KeyframeWishes> wishes_;
    const std::shared_ptr<FrameQueue> queue_;
    Track::Attachment attachment_;
};

} // namespace spillway::relay
