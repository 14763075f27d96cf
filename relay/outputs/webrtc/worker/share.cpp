#include "relay/outputs/webrtc/worker/share.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace spillway::relay::webrtc {

namespace {

/// Of two queues, the second of which feeds the first.
void addTimes(QueueStats& sum, const QueueStats& own, const QueueStats& feed) {
    const bool inOwn = own.queuedBuffers > 0;
    const bool inFeed = feed.queuedBuffers > 0;
    sum.oldest = inOwn ? own.oldest : feed.oldest;
    const auto newest = inFeed ? feed.oldest + feed.queuedTime : own.oldest + own.queuedTime;
    sum.queuedTime = inOwn || inFeed ? std::max(newest - sum.oldest, Clock::duration{}) : Clock::duration{};
}

} // namespace

Share::Share(std::shared_ptr<const FrameQueue> feed, std::shared_ptr<FrameQueue> own)
    : feed_(std::move(feed))
    , own_(std::move(own))
    , from_(feed_->stats()) {}

void Share::arrive() {
    drop(DropReason::awaitKeyframe, feed_->stats().delivered - from_.delivered);
    counts_.write(now_);
}

void Share::leave() {
    own_->abandon();
    QueueStats feed = feed_->stats();
    drop(DropReason::end, std::exchange(feed.queuedBuffers, 0));
    feed.queuedBytes = 0;
    counts_.write(now_);
    left_.write({true, feed});
}

void Share::publish(const Reading& reading) {
    now_.reading = reading;
    counts_.write(now_);
}

Share::Reading Share::reading() const {
    return counts_.read().reading;
}

/// What the worker counted is read before what the feed counted, so that nothing is delivered before it was
/// received; and again if it has counted more meanwhile, which would still seem to be queued.
QueueStats Share::stats() const {
    for (;;) {
        const Left before = left_.read();
        const Counts counts = counts_.read();
        const QueueStats own = own_->stats();
        const QueueStats feed = before.left ? before.feed : feed_->stats();
        if (left_.read().left == before.left && gone(counts_.read(), own_->stats()) == gone(counts, own))
            return sum(counts, own, feed);
    }
}

std::uint64_t Share::gone(const Counts& counts, const QueueStats& own) {
    return std::accumulate(counts.dropped.begin(), counts.dropped.end(),
                           counts.delivered + own.delivered + own.droppedTotal());
}

QueueStats Share::sum(const Counts& counts, const QueueStats& own, const QueueStats& feed) const {
    QueueStats sum;
    sum.received = feed.received - (from_.received - from_.queuedBuffers);
    sum.delivered = own.delivered + counts.delivered;
    for (std::size_t i = 0; i < dropReasons; ++i)
        sum.dropped.at(i) =
            own.dropped.at(i) + counts.dropped.at(i) + feed.dropped.at(i) - from_.dropped.at(i);
    sum.queuedBuffers = sum.received - sum.delivered - sum.droppedTotal();
    sum.queuedBytes = own.queuedBytes + feed.queuedBytes;
    sum.awaitingKeyframe = own.awaitingKeyframe || feed.awaitingKeyframe;
    addTimes(sum, own, feed);
    return sum;
}

} // namespace spillway::relay::webrtc
