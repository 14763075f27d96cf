// One track's packets on their way to all its viewers at one worker: each is pushed once by the streaming
// thread, and passed to every viewer by the worker, which takes it for all of them at a time.
//
// Comes in: packets of the track that it is attached to. Goes out: the same to the worker, by a queue; and
// the recent ones, for retransmissions and for viewers that come. Its queue is bounded as a viewer's is, so a
// worker that does not turn loses up to a keyframe, for all its viewers. Owners: the viewers' tracks, and
// while a viewer is there, its channel at the worker. Main loop, but for what the worker uses.
#pragma once

#include "relay/outputs/webrtc/media/packet_ring.h"
#include "relay/outputs/webrtc/worker/batch.h"
#include "relay/queue/frame_queue.h"
#include "relay/track/keyframe_wishes.h"
#include "relay/values/media_kind.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>

namespace spillway::relay::webrtc {

class Feed {
  public:
    struct Setup {
        std::uint32_t slot = 0; ///< what its queue wakes the worker with
        MediaKind kind = MediaKind::video;
        QueueBounds bounds = {};
        std::function<void()> wakeWorker = {};
        // As FrameQueue::Hooks: a packet counts once, however many viewers it goes to.
        Histogram* depths = nullptr;
        Histogram* latencies = nullptr;
    };

    explicit Feed(Setup setup);
    Feed(const Feed&) = delete;
    Feed& operator=(const Feed&) = delete;

    /// Wishes go to the track with this broker, which is about to feed the queue.
    void begin(std::shared_ptr<KeyframeBroker> broker) { wishes_->target(std::move(broker)); }
    /// That track feeds it no more; it waits for the next, from a keyframe on.
    void pause();

    std::uint32_t slot() const { return setup_.slot; }
    MediaKind kind() const { return setup_.kind; }
    /// For the viewers, on any thread; without effect while no track feeds this.
    std::function<void(WishReason)> wish() const;
    const std::shared_ptr<FrameQueue>& queue() const { return queue_; }

    // Worker thread.
    /// Those that are there to be retransmitted; null for audio, of which nothing is.
    const PacketRing* recent() const { return recent_.get(); }
    /// The next packets, kept in recent(); how many frames that were. With 0 the queue wakes again.
    std::size_t take(Batch& batch);
    /// What was taken has been passed to all viewers.
    void settle(const Batch& batch);

  private:
    const Setup setup_;
    const std::shared_ptr<KeyframeWishes> wishes_ = std::make_shared<KeyframeWishes>();
    const std::shared_ptr<FrameQueue> queue_;
    const std::unique_ptr<PacketRing> recent_;
};

} // namespace spillway::relay::webrtc
