// One removable path from a rendition's tee to the FrameQueues of those it feeds, by an appsink and no queue
// element: the packet goes into each queue on the streaming thread itself. Always returns OK to the tee; a
// failing subscriber fails in its own queue. A subscriber has a branch of its own; the viewers of a track
// share one, since to each further queue a packet costs a third of what it costs through an appsink of its
// own (tests/bench/fanout). Owner: the places at the track that it feeds. Loop thread.
#pragma once

#include "relay/gst/tee.h"
#include "relay/queue/frame_queue.h"
#include "relay/track/counters.h"
#include "relay/track/rendition.h"

#include <memory>

namespace spillway::relay {

class Branch {
  public:
    /// `queue` gets what passes from here on. `counters` are those of the incarnation that flows through
    /// `rendition`.
    Branch(std::shared_ptr<TrackRendition> rendition, std::shared_ptr<FrameQueue> queue,
           std::shared_ptr<const TrackCounters> counters);

    /// A queue that is added more than once, since several share it, gets each packet once all the same.
    void add(std::shared_ptr<FrameQueue> queue);
    /// Once this was called as often as it was added, it gets nothing more.
    void remove(const FrameQueue& queue);

  private:
    class Receiver;

    const std::shared_ptr<TrackRendition> rendition_; ///< its tee outlasts the branch
    const std::shared_ptr<Receiver> receiver_;        ///< shared with the appsink
    gst::TeeBranch branch_;
};

} // namespace spillway::relay
