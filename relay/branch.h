// One removable path from a tee to a FrameQueue, by an appsink and no queue element: the packet goes into the
// subscriber's queue on the streaming thread itself. Always returns OK to the tee; a failing subscriber fails
// in its own queue. Loop thread.
#pragma once

#include "relay/frame_queue.h"
#include "relay/gst/tee.h"
#include "relay/track_counters.h"

#include <cstdint>
#include <memory>

namespace spillway::relay {

/// What a branch feeds; shared by a subscriber's branches over the incarnations of its track.
struct Feed {
    std::shared_ptr<FrameQueue> queue;
    Rendition rendition = Rendition::rtp;
    /// Seconds from `attached` to the first keyframe that the queue was given; null for audio.
    Histogram* firstKeyframe = nullptr;
    Clock::time_point attached = Clock::now();
    std::atomic<bool> sawKeyframe{false};
};

class Branch {
  public:
    /// `counters` are those of the incarnation that flows through `tee`.
    Branch(gst::Tee& tee, std::shared_ptr<Feed> feed, std::shared_ptr<const TrackCounters> counters);

  private:
    gst::TeeBranch branch_;
};

} // namespace spillway::relay
