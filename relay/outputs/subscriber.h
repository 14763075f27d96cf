// One subscription on one track: the queue, its place at the track, and the output that empties it.
//
// Comes in: frames by the track's branch. Goes out: the same frames to the output, on its output loop. It
// ends once, for one reason; it lives on until its output has closed (the output loop holds it), and only
// then gives back its part of the memory budget. Loop thread.
#pragma once

#include "relay/outputs/output_loop.h"
#include "relay/queue/budget.h"
#include "relay/track/track.h"
#include "relay/values/snapshot.h"

#include <functional>
#include <memory>

namespace spillway::relay {

/// The histograms of all subscribers of one kind of output, also of those that are gone.
struct OutputMetrics {
    Histogram depth{Histogram::depthBuckets()};
    Histogram latency{Histogram::latencyBuckets()};
    Histogram firstKeyframe{Histogram::keyframeBuckets()};
};

class Subscriber : public std::enable_shared_from_this<Subscriber> {
  public:
    struct Request {
        OutputGroup& group;
        OutputLoops& loops;
        OutputMetrics& metrics;
        QueueBounds bounds;
        QueueBudget::Reservation reservation;
    };

    /// Attached when this returns. `onClosed` runs once, after the output has closed. Throws
    /// std::runtime_error when the output cannot be opened or the track cannot be had in its rendition.
    static std::shared_ptr<Subscriber> start(Track& track, Request request,
                                             std::function<void(EndReason)> onClosed);

    /// Detaches; what is queued is still written. `track` is the one it was started on, or null when that has
    /// gone.
    void end(Track* track, EndReason reason);

    SubscriberSnapshot snapshot() const;

  private:
    Subscriber(const Track& track, Request& request);

    const TrackName track_;
    QueueBudget::Reservation reservation_;
    std::shared_ptr<OutputStatus> status_ = std::make_shared<OutputStatus>();
    std::shared_ptr<Feed> feed_ = std::make_shared<Feed>();
    Track::FeedId feedId_ = 0;
};

} // namespace spillway::relay
