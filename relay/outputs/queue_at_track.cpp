#include "relay/outputs/queue_at_track.h"

#include <mutex>
#include <utility>

namespace spillway::relay {

/// Whom wishes for a keyframe go to: the track's broker, or nobody. Any thread.
class QueueAtTrack::Wishes {
  public:
    void target(std::shared_ptr<KeyframeBroker> broker) {
        const std::lock_guard lock(mutex_);
        broker_ = std::move(broker);
    }
    void wish(WishReason reason) {
        const std::lock_guard lock(mutex_);
        if (broker_) broker_->wish(reason);
    }

  private:
    std::mutex mutex_; ///< protects broker_
    std::shared_ptr<KeyframeBroker> broker_;
};

QueueAtTrack::QueueAtTrack(const Track& track, Setup setup)
    : name_(track.name())
    , kind_(track.kind())
    , rendition_(setup.rendition)
    , branch_(setup.branch)
    , reservation_(std::move(setup.reservation))
    , wishes_(std::make_shared<Wishes>())
    , queue_(std::make_shared<FrameQueue>(
          setup.bounds,
          FrameQueue::Hooks{std::move(setup.wakeReader),
                            [wishes = wishes_] { wishes->wish(WishReason::drop); }, &setup.metrics.depth,
                            &setup.metrics.latency,
                            kind_ == MediaKind::video ? &setup.metrics.firstKeyframe : nullptr},
          setup.start)) {}

std::function<void(WishReason)> QueueAtTrack::wish() const {
    return [wishes = wishes_](WishReason reason) { wishes->wish(reason); };
}

void QueueAtTrack::attach(Track& track) {
    if (attachment_) return;
    wishes_->target(track.broker());
    attachment_ = track.attach(queue_, rendition_, branch_);
}

void QueueAtTrack::detach() {
    if (!attachment_) return;
    attachment_ = {};
    wishes_->target(nullptr);
    queue_->restart();
}

void QueueAtTrack::end(EndReason reason) {
    attachment_ = {};
    wishes_->target(nullptr);
    queue_->end(reason);
}

} // namespace spillway::relay
