// One viewer's share of a track's feed: the queue of its own, for what it cannot take yet, and what became of
// all that the feed got since the viewer came. At every instant, for every reader of stats():
//   received = delivered + dropped{reason} + queued        where queued is there or still in the feed,
// and no counter goes back. The worker counts nothing for a frame that waits, and nothing twice: it says of
// each that the feed hands over whether it was delivered, dropped, or pushed into the own queue, and only
// then lets the feed count it as passed. (For that moment its bytes may count in both queues.)
//
// Owners: the viewer's track (main loop) and its channel (worker thread), which says where. stats() and
// reading() on any thread.
#pragma once

#include "relay/base/sequence_locked.h"
#include "relay/queue/frame_queue.h"
#include "relay/values/viewing.h"

#include <array>
#include <cstdint>
#include <memory>

namespace spillway::relay::webrtc {

class Share {
  public:
    struct Reading {
        ViewerCounters counters;
        ViewerReception reception;
    };

    /// Of what `feed` gets from now on, and what waits there. `own` is empty, and begins anywhere.
    Share(std::shared_ptr<const FrameQueue> feed, std::shared_ptr<FrameQueue> own);

    /// For all but what the feed has: pushing, taking, settling is the worker's.
    FrameQueue& own() { return *own_; }
    const FrameQueue& own() const { return *own_; }
    QueueStats stats() const;
    Reading reading() const;

    // Worker thread, between two batches of the feed.
    /// The viewer is at the worker: what the feed handed over before then was not for it.
    void arrive();
    /// Nothing more is for it: what waits is given up.
    void leave();

    // Worker thread. Counted for all to see by the next publish().
    void deliver(std::uint64_t frames) { now_.delivered += frames; }
    void drop(DropReason why, std::uint64_t frames) {
        now_.dropped.at(static_cast<std::size_t>(why)) += frames;
    }
    void publish(const Reading& reading);

  private:
    struct Counts {
        Reading reading;
        // Of what never was in the own queue:
        std::uint64_t delivered = 0;
        std::array<std::uint64_t, dropReasons> dropped{};
    };
    /// How the feed stood when the viewer left.
    struct Left {
        bool left = false;
        QueueStats feed;
    };
    /// Frames that were delivered or dropped.
    static std::uint64_t gone(const Counts& counts, const QueueStats& own);
    QueueStats sum(const Counts& counts, const QueueStats& own, const QueueStats& feed) const;

    const std::shared_ptr<const FrameQueue> feed_;
    const std::shared_ptr<FrameQueue> own_;
    const QueueStats from_; ///< the feed's, when the viewer came
    Counts now_;            ///< worker thread
    SequenceLocked<Counts> counts_;
    SequenceLocked<Left> left_;
};

} // namespace spillway::relay::webrtc
