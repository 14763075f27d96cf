#include "relay/outputs/webrtc/worker/feed.h"

#include <utility>

namespace spillway::relay::webrtc {

Feed::Feed(Setup setup)
    : setup_(std::move(setup))
    , queue_(std::make_shared<FrameQueue>(
          setup_.bounds,
          FrameQueue::Hooks{setup_.wakeWorker, [wishes = wishes_] { wishes->wish(WishReason::drop); },
                            setup_.depths, setup_.latencies, nullptr},
          FrameQueue::Start::anywhere))
    , recent_(setup_.kind == MediaKind::video ? std::make_unique<PacketRing>() : nullptr) {}

void Feed::pause() {
    wishes_->target(nullptr);
    queue_->restart();
}

std::function<void(WishReason)> Feed::wish() const {
    return [wishes = wishes_](WishReason reason) { wishes->wish(reason); };
}

std::size_t Feed::take(Batch& batch) {
    const std::size_t taken = batch.take(*queue_);
    if (recent_)
        for (const Batch::Packet& packet : batch.packets())
            recent_->put(*packet.frame);
    return taken;
}

void Feed::settle(const Batch& batch) {
    queue_->settle(batch.frames().size(), 0);
}

} // namespace spillway::relay::webrtc
