// One subscription on one track: a queue at the track, and the output that empties it.
//
// Comes in: frames by the track's branch. Goes out: the same frames to the output, on its output loop. It
// ends once, for one reason; it lives on until its output has closed (the output loop holds it), and only
// then gives back its part of the memory budget. Loop thread.
#pragma once

#include "relay/outputs/drop_watch.h"
#include "relay/outputs/output_loop.h"
#include "relay/outputs/queue_at_track.h"
#include "relay/values/snapshot.h"

#include <functional>
#include <memory>
#include <optional>

namespace spillway::relay {

class Subscriber {
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

    /// Leaves the track; what is queued is still written.
    void end(EndReason reason) { source_.end(reason); }

    /// As QueueAtTrack::giveWay().
    void giveWay() { source_.giveWay(); }

    SubscriberSnapshot snapshot() const;
    /// Whether its queue began or stopped to lose frames since the last time.
    std::optional<DropWatch::Change> watchDrops(Clock::time_point now);

  private:
    Subscriber(const Track& track, QueueAtTrack::Setup setup, std::shared_ptr<OutputStatus> status);

    const std::shared_ptr<OutputStatus> status_;
    QueueAtTrack source_;
    DropWatch drops_;
};

} // namespace spillway::relay
