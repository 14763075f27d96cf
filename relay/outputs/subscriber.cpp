#include "relay/outputs/subscriber.h"

namespace spillway::relay {

Subscriber::Subscriber(const Track& track, Request& request)
    : track_(track.name())
    , reservation_(std::move(request.reservation)) {
    feed_->rendition = request.group.rendition();
    if (track.kind() == MediaKind::video) feed_->firstKeyframe = &request.metrics.firstKeyframe;
}

std::shared_ptr<Subscriber> Subscriber::start(Track& track, Request request,
                                              std::function<void(EndReason)> onClosed) {
    std::shared_ptr<Subscriber> self(new Subscriber(track, request));
    auto output = request.group.open({track.name(), track.kind(), self->status_});
    OutputLoop& loop = request.loops.of(request.group.loopKey());
    const auto id = loop.reserve();
    const auto wish = [broker = track.broker()](WishReason reason) { return [=] { broker->wish(reason); }; };
    FrameQueue::Hooks hooks;
    hooks.wakeReader = [&loop, id] { loop.wake(id); };
    hooks.wishKeyframe = wish(WishReason::drop);
    hooks.depths = &request.metrics.depth;
    hooks.latencies = &request.metrics.latency;
    self->feed_->queue = std::make_shared<FrameQueue>(request.bounds, std::move(hooks));
    loop.add(id, self->feed_->queue, std::move(output), wish(WishReason::output),
             [self, onClosed = std::move(onClosed)](EndReason reason) { onClosed(reason); });
    try {
        self->feedId_ = track.attach(self->feed_);
    } catch (...) {
        self->feed_->queue->end(EndReason::unsubscribed);
        throw;
    }
    return self;
}

void Subscriber::end(Track* track, EndReason reason) {
    if (track) track->detach(feedId_);
    feed_->queue->end(reason);
}

SubscriberSnapshot Subscriber::snapshot() const {
    return {track_, feed_->queue->bounds(), feed_->queue->stats(), status_->read()};
}

} // namespace spillway::relay
