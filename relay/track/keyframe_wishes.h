// Where the wishes of a queue's reader for a keyframe go: to the broker of the track that feeds the queue,
// or to nobody while none does. Any thread.
#pragma once

#include "relay/track/keyframe_broker.h"

#include <memory>
#include <mutex>
#include <utility>

namespace spillway::relay {

class KeyframeWishes {
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

} // namespace spillway::relay
