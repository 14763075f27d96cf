#include "relay/queue/frame_queue.h"

#include <algorithm>
#include <utility>

namespace spillway::relay {

namespace {

std::size_t index(DropReason reason) {
    return static_cast<std::size_t>(reason);
}

} // namespace

FrameQueue::FrameQueue(QueueBounds bounds, Hooks hooks, Start start)
    : bounds_(bounds)
    , limit_(limitOf(bounds))
    , hooks_(std::move(hooks))
    , awaitingKeyframe_(start == Start::onKeyframe) {
    const std::lock_guard lock(mutex_);
    publish();
}

FrameQueue::Limit FrameQueue::limitOf(const QueueBounds& bounds) {
    // Of `latest` the newest waits while the reader holds another.
    if (bounds.policy == QueuePolicy::latest) return {1, false};
    return {bounds.buffers, true};
}

void FrameQueue::push(Frame frame) {
    bool wake = false;
    bool wish = false;
    {
        const std::lock_guard lock(mutex_);
        if (hooks_.depths) hooks_.depths->add(static_cast<double>(frames_.size() + held_.size()));
        ++counts_.received;
        if (frame.keyframe) noteKeyframe();
        const bool wasAwaiting = awaitingKeyframe_;
        if (ended() != EndReason::none)
            ++counts_.dropped[index(DropReason::end)];
        else if (fitsAfterPolicy(frame))
            accept(std::move(frame));
        wish = awaitingKeyframe_ && !wasAwaiting;
        wake = takeWake();
        publish();
    }
    if (wish && hooks_.wishKeyframe) hooks_.wishKeyframe();
    if (wake && hooks_.wakeReader) hooks_.wakeReader();
}

void FrameQueue::noteKeyframe() {
    const auto since = std::exchange(firstAwaitedSince_, std::nullopt);
    if (since && hooks_.firstKeyframe)
        hooks_.firstKeyframe->add(std::chrono::duration<double>(Clock::now() - *since).count());
}

bool FrameQueue::fitsAfterPolicy(const Frame& frame) {
    if (const auto why = overflow(frame)) makeRoom(frame, *why);
    if (ended() != EndReason::none) return false; // the policy disconnected; makeRoom counted the frame
    if (awaitingKeyframe_ && !frame.keyframe) {
        ++counts_.dropped[index(DropReason::awaitKeyframe)];
        discontinuity_ = true;
        return false;
    }
    if (const auto reason = overflow(frame)) {
        // Larger than the bounds, or the reader's hands are full.
        ++counts_.dropped[index(*reason)];
        discontinuity_ = true;
        awaitingKeyframe_ = true;
        return false;
    }
    return true;
}

std::optional<DropReason> FrameQueue::overflow(const Frame& frame) const {
    const std::size_t buffers = frames_.size() + (limit_.heldCounts ? held_.size() : 0);
    if (buffers + 1 > limit_.buffers || queuedBytes_ + frame.bytes > bounds_.bytes) return DropReason::full;
    if (!frames_.empty() && frame.arrived - frames_.front().arrived > bounds_.time) return DropReason::stale;
    return std::nullopt;
}

void FrameQueue::makeRoom(const Frame& frame, DropReason why) {
    switch (bounds_.policy) {
    case QueuePolicy::dropToKeyframe:
    case QueuePolicy::latest:
        dropQueued(why);
        break;
    case QueuePolicy::dropOldest:
        while (!frames_.empty()) {
            const auto reason = overflow(frame);
            if (!reason) break;
            dropFront(*reason);
        }
        dropToNextKeyframe();
        break;
    case QueuePolicy::disconnect:
        ++counts_.dropped[index(DropReason::full)];
        endReason_.store(EndReason::overflow, std::memory_order_release);
        break;
    }
}

void FrameQueue::dropFront(DropReason reason) {
    queuedBytes_ -= frames_.front().bytes;
    frames_.pop_front();
    ++counts_.dropped[index(reason)];
    // What follows in the queue lost its reference, unless it is a keyframe.
    awaitingKeyframe_ = frames_.empty();
    if (frames_.empty())
        discontinuity_ = true;
    else
        frames_.front().discontinuity = true;
}

void FrameQueue::dropQueued(DropReason reason) {
    while (!frames_.empty())
        dropFront(reason);
}

void FrameQueue::dropToNextKeyframe() {
    while (!frames_.empty() && frames_.front().discontinuity && !frames_.front().keyframe)
        dropFront(DropReason::awaitKeyframe);
}

void FrameQueue::accept(Frame&& frame) {
    frame.discontinuity = frame.discontinuity || discontinuity_;
    discontinuity_ = false;
    awaitingKeyframe_ = false;
    queuedBytes_ += frame.bytes;
    frames_.push_back(std::move(frame));
}

bool FrameQueue::takeWake() {
    const bool something = !frames_.empty() || ended() != EndReason::none;
    return something && std::exchange(readerSleeps_, false);
}

std::size_t FrameQueue::take(std::vector<Frame>& batch, std::size_t max) {
    const std::lock_guard lock(mutex_);
    const std::size_t count = std::min(max, frames_.size());
    for (std::size_t i = 0; i < count; ++i) {
        held_.push_back({frames_.front().arrived, frames_.front().bytes});
        batch.push_back(std::move(frames_.front()));
        frames_.pop_front();
    }
    readerSleeps_ = count == 0;
    return count;
}

void FrameQueue::settle(std::size_t delivered, std::size_t failed, DropReason why) {
    const auto now = Clock::now();
    const std::lock_guard lock(mutex_);
    for (std::size_t i = 0; i < delivered + failed && !held_.empty(); ++i) {
        if (hooks_.latencies && i < delivered)
            hooks_.latencies->add(std::chrono::duration<double>(now - held_.front().arrived).count());
        queuedBytes_ -= held_.front().bytes;
        held_.pop_front();
    }
    counts_.delivered += delivered;
    counts_.dropped[index(why)] += failed;
    publish();
}

void FrameQueue::abandon() {
    end(EndReason::unsubscribed);
    const std::lock_guard lock(mutex_);
    counts_.dropped[index(DropReason::end)] += frames_.size() + held_.size();
    frames_.clear();
    held_.clear();
    queuedBytes_ = 0;
    publish();
}

void FrameQueue::end(EndReason reason) {
    bool wake = false;
    {
        const std::lock_guard lock(mutex_);
        if (ended() == EndReason::none) endReason_.store(reason, std::memory_order_release);
        wake = takeWake();
    }
    if (wake && hooks_.wakeReader) hooks_.wakeReader();
}

void FrameQueue::restart() {
    const std::lock_guard lock(mutex_);
    awaitingKeyframe_ = true;
    discontinuity_ = true;
    publish();
}

void FrameQueue::publish() {
    QueueStats stats = counts_;
    stats.queuedBuffers = frames_.size() + held_.size();
    stats.queuedBytes = queuedBytes_;
    stats.awaitingKeyframe = awaitingKeyframe_;
    if (stats.queuedBuffers > 0)
        stats.oldest = held_.empty() ? frames_.front().arrived : held_.front().arrived;
    if (!frames_.empty()) stats.queuedTime = frames_.back().arrived - frames_.front().arrived;
    published_.write(stats);
}

QueueStats FrameQueue::stats() const {
    return published_.read();
}

} // namespace spillway::relay
