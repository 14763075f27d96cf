#include "relay/outputs/queue_at_track.h"

#include <utility>

namespace spillway::relay {

QueueAtTrack::QueueAtTrack(const Track& track, Setup setup)
    : name_(track.name())
    , kind_(track.kind())
    , rendition_(setup.rendition)
    , reservation_(std::move(setup.reservation))
    , wishes_(std::make_shared<KeyframeWishes>())
    , queue_(std::make_shared<FrameQueue>(
          setup.bounds,
          FrameQueue::Hooks{std::move(setup.wakeReader),
                            [wishes = wishes_] { wishes->wish(WishReason::drop); }, &setup.metrics.depth,
                            &setup.metrics.latency,
                            kind_ == MediaKind::video ? &setup.metrics.firstKeyframe : nullptr})) {}

std::function<void(WishReason)> QueueAtTrack::wish() const {
    return [wishes = wishes_](WishReason reason) { wishes->wish(reason); };
}

void QueueAtTrack::attach(Track& track) {
    if (attachment_) return;
    wishes_->target(track.broker());
    attachment_ = track.attach(queue_, rendition_);
}

void QueueAtTrack::end(EndReason reason) {
    attachment_ = {};
    wishes_->target(nullptr);
    queue_->end(reason);
    reservation_.ending();
}

} // namespace spillway::relay
