// The bounded hand-over between the thread that has a track's frames and one subscriber.
//
// Comes in: frames, from one thread at a time (push): the streaming thread, or for a viewer's own queue its
// worker. Goes out: the same frames in order, to one
// reader (take, settle), less those dropped by the policy, each counted with its reason. It never blocks the
// pusher, calls its hooks only after it has let go of its lock, and never holds more than its bounds:
//   received = delivered + dropped{reason} + queued        at every instant, for every reader of stats().
// A frame that was taken but not settled still counts as queued: its memory is still held.
//
// Threads: push from one thread at a time; take, settle and abandon from the reader; restart and
// end from any; stats from any, without taking the lock that push takes (a sequence lock over atomics).
#pragma once

#include "config/settings.h"
#include "relay/base/histogram.h"
#include "relay/base/sequence_locked.h"
#include "relay/queue/frame.h"
#include "relay/values/queue_stats.h"

#include <array>
#include <atomic>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace spillway::relay {

using config::QueueBounds;
using config::QueuePolicy;

class FrameQueue {
  public:
    struct Hooks {
        /// Frames or the end wait for the reader; called at most once between two take() that found nothing.
        std::function<void()> wakeReader;
        /// Frames were dropped and only a keyframe helps. The pusher's thread; must not block.
        std::function<void()> wishKeyframe;
        // Histograms, shared by all queues of an output; each may be null.
        Histogram* depths = nullptr;        ///< met by each frame as it is received
        Histogram* latencies = nullptr;     ///< seconds from arrival to delivery
        Histogram* firstKeyframe = nullptr; ///< seconds from construction to the first keyframe received
    };

    /// Where a reader can begin: `anywhere` is for one that looks for its keyframe itself.
    enum class Start { onKeyframe, anywhere };

    FrameQueue(QueueBounds bounds, Hooks hooks, Start start = Start::onKeyframe);
    FrameQueue(const FrameQueue&) = delete;
    FrameQueue& operator=(const FrameQueue&) = delete;

    /// The pusher. Takes the frame or counts it as dropped; wakes the reader when it had nothing.
    void push(Frame frame);

    /// Reader. Moves up to `max` frames to the end of `batch`; they stay counted as queued until settled.
    /// Returns how many. 0 arms the wake.
    std::size_t take(std::vector<Frame>& batch, std::size_t max);
    /// Reader. Of the frames taken, `delivered` were handed over and then `failed` were not, because of
    /// `why`.
    void settle(std::size_t delivered, std::size_t failed, DropReason why = DropReason::writeError);
    /// Reader. Gives up what is left: taken and queued frames become dropped{end}. Ends the queue too.
    void abandon();

    /// Any thread. No frame is taken from now on (push counts dropped{end}); those queued can still be taken.
    /// The reader is woken. The first reason stays.
    void end(EndReason reason);
    /// Any thread. The frames after this come from another incarnation: video waits for a keyframe first.
    void restart();

    EndReason ended() const { return endReason_.load(std::memory_order_acquire); }
    QueueStats stats() const;
    const QueueBounds& bounds() const { return bounds_; }

  private:
    struct Held {
        Clock::time_point arrived;
        std::uint32_t bytes;
    };
    struct Limit {
        std::uint64_t buffers;
        bool heldCounts; ///< what is in the reader's hands counts against `buffers`
    };
    static Limit limitOf(const QueueBounds& bounds);

    // All under mutex_.
    void noteKeyframe();
    void accept(Frame&& frame);
    void makeRoom(const Frame& frame, DropReason why);
    void dropFront(DropReason reason);
    void dropQueued(DropReason reason);
    void dropToNextKeyframe();
    std::optional<DropReason> overflow(const Frame& frame) const;
    bool fitsAfterPolicy(const Frame& frame);
    void publish();
    bool takeWake();

    const QueueBounds bounds_;
    const Limit limit_;
    const Hooks hooks_;

    mutable std::mutex mutex_; ///< protects what follows, up to the published counters
    std::deque<Frame> frames_;
    std::deque<Held> held_;         ///< taken, not settled
    QueueStats counts_;             ///< its queued…, oldest and awaitingKeyframe are filled by publish()
    std::uint64_t queuedBytes_ = 0; ///< of frames_ and held_
    bool awaitingKeyframe_;
    bool discontinuity_ = false;
    bool readerSleeps_ = true;
    /// Since construction until the first keyframe comes, then none.
    std::optional<Clock::time_point> firstAwaitedSince_ = Clock::now();

    std::atomic<EndReason> endReason_{EndReason::none};
    SequenceLocked<QueueStats> published_;
};

} // namespace spillway::relay
