// One removable path from a tee to the FrameQueues of those it feeds, by an appsink and no queue element: the
// packet goes into each queue on the streaming thread itself. Always returns OK to the tee; a failing
// subscriber fails in its own queue. A subscriber has a branch of its own; the viewers of a track share one,
// since to each further feed a packet costs a third of what it costs through an appsink of its own
// (tests/bench/fanout). Loop thread.
#pragma once

#include "relay/gst/tee.h"
#include "relay/queue/frame_queue.h"
#include "relay/track/counters.h"

#include <cstdint>
#include <memory>

namespace spillway::relay {

/// What a branch feeds; shared by a subscriber's branches over the incarnations of its track.
struct Feed {
    std::shared_ptr<FrameQueue> queue;
    Rendition rendition = Rendition::rtp;
    bool sharesBranch = false; ///< with the others that do; of the rtp rendition only
    /// Seconds from `attached` to the first keyframe that the queue was given; null for audio.
    Histogram* firstKeyframe = nullptr;
    Clock::time_point attached = Clock::now();
    std::atomic<bool> sawKeyframe{false};
};

class Branch {
  public:
    /// `feed` gets what passes from here on. `counters` are those of the incarnation that flows through
    /// `tee`.
    Branch(gst::Tee& tee, std::shared_ptr<Feed> feed, std::shared_ptr<const TrackCounters> counters);

    void add(std::shared_ptr<Feed> feed);
    /// Once this returns it gets nothing more.
    void remove(const Feed& feed);

  private:
    class Receiver;

    const std::shared_ptr<Receiver> receiver_; ///< shared with the appsink
    gst::TeeBranch branch_;
};

} // namespace spillway::relay
