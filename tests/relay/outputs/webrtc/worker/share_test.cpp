#include "relay/outputs/webrtc/worker/share.h"

#include "support/catch.h"

#include <algorithm>
#include <atomic>
#include <random>
#include <thread>
#include <vector>

using namespace spillway::relay;
using namespace spillway::relay::webrtc;
using namespace std::chrono_literals;

namespace {

std::shared_ptr<FrameQueue> makeQueue(std::uint32_t buffers = 1000) {
    return std::make_shared<FrameQueue>(QueueBounds{buffers, 1'000'000, 1h, QueuePolicy::dropToKeyframe},
                                        FrameQueue::Hooks{}, FrameQueue::Start::anywhere);
}

Frame frame(bool keyframe = false, Clock::duration at = 0s) {
    Frame made;
    made.keyframe = keyframe;
    made.bytes = 100;
    made.arrived = Clock::time_point(1h) + at;
    return made;
}

std::uint64_t dropped(const QueueStats& stats, DropReason reason) {
    return stats.dropped.at(static_cast<std::size_t>(reason));
}

bool lawHolds(const QueueStats& stats) {
    return stats.received == stats.delivered + stats.droppedTotal() + stats.queuedBuffers;
}

/// A feed, and what the worker does with it.
struct Stage {
    void push(int frames) {
        for (; frames > 0; --frames)
            feed->push(frame());
    }
    std::vector<Frame> take() const {
        std::vector<Frame> batch;
        feed->take(batch, 64);
        return batch;
    }
    void settle(const std::vector<Frame>& batch) const { feed->settle(batch.size(), 0); }

    std::shared_ptr<FrameQueue> feed = makeQueue();
};

} // namespace

TEST_CASE("what waits in the feed is queued for each of its viewers, and then delivered to each") {
    Stage stage;
    Share first(stage.feed, makeQueue()), second(stage.feed, makeQueue());
    first.arrive();
    second.arrive();
    stage.push(3);
    CHECK(first.stats().received == 3);
    CHECK(first.stats().queuedBuffers == 3);
    CHECK(first.stats().queuedBytes == 300);
    const auto batch = stage.take();
    first.deliver(3);
    first.publish({});
    second.deliver(1);
    second.drop(DropReason::writeError, 2);
    second.publish({});
    stage.settle(batch);
    CHECK(first.stats().delivered == 3);
    CHECK(first.stats().queuedBuffers == 0);
    CHECK(second.stats().delivered == 1);
    CHECK(dropped(second.stats(), DropReason::writeError) == 2);
    CHECK(lawHolds(second.stats()));
}

TEST_CASE("a viewer that comes later has nothing to do with what was before") {
    Stage stage;
    stage.push(2000); // more than fits
    const auto before = stage.take();
    stage.push(5);
    Share share(stage.feed, makeQueue());
    const auto waiting = share.stats();
    CHECK(waiting.droppedTotal() == 0);
    CHECK(waiting.delivered == 0);
    CHECK(waiting.received == waiting.queuedBuffers);
    stage.settle(before); // before it is at the worker
    share.arrive();
    CHECK(dropped(share.stats(), DropReason::awaitKeyframe) == before.size());
    CHECK(lawHolds(share.stats()));
}

TEST_CASE("what the feed drops is dropped for each of its viewers, with its reason") {
    Stage stage;
    stage.feed = makeQueue(4);
    Share share(stage.feed, makeQueue());
    share.arrive();
    stage.push(6);
    CHECK(share.stats().received == 6);
    CHECK(dropped(share.stats(), DropReason::full) == 4);
    CHECK(dropped(share.stats(), DropReason::awaitKeyframe) == 2);
    CHECK(share.stats().awaitingKeyframe);
    CHECK(share.stats().queuedBuffers == 0);
}

TEST_CASE("the age of what is queued spans both queues") {
    Stage stage;
    Share share(stage.feed, makeQueue());
    share.arrive();
    stage.feed->push(frame(true, 1s));
    auto batch = stage.take();
    share.own().push(batch.front());
    stage.settle(batch);
    CHECK(share.stats().queuedTime == 0s);
    stage.feed->push(frame(true, 3s));
    CHECK(share.stats().queuedTime == 2s);
    CHECK(share.stats().oldest == Clock::time_point(1h) + 1s);
    CHECK(share.stats().queuedBuffers == 2);
}

TEST_CASE("with a viewer that leaves ends what it counts, while the feed goes on") {
    Stage stage;
    Share share(stage.feed, makeQueue());
    share.arrive();
    stage.push(4);
    const auto batch = stage.take();
    share.own().push(batch.front());
    share.deliver(3);
    share.publish({});
    stage.settle(batch);
    stage.push(2);
    share.leave();
    stage.push(10);
    const auto last = share.stats();
    CHECK(last.received == 6);
    CHECK(last.delivered == 3);
    CHECK(dropped(last, DropReason::end) == 3);
    CHECK(last.queuedBuffers == 0);
    CHECK(last.queuedBytes == 0);
}

namespace {

/// A streaming thread that feeds, and a worker that passes on to three viewers, loses, and is late.
class Traffic {
  public:
    Traffic() {
        stage_.feed = makeQueue(50);
        for (int i = 0; i < 3; ++i)
            shares.push_back(std::make_unique<Share>(stage_.feed, makeQueue(10)));
        streaming_ = std::thread([this] { stream(); });
        worker_ = std::thread([this] { work(); });
    }
    ~Traffic() { join(); }
    Traffic(const Traffic&) = delete;
    Traffic& operator=(const Traffic&) = delete;

    bool isOver() const { return over_; }
    /// Frames that were pushed.
    std::uint64_t join() {
        for (std::thread* thread : {&streaming_, &worker_})
            if (thread->joinable()) thread->join();
        return frames_;
    }

    std::vector<std::unique_ptr<Share>> shares;

  private:
    void stream() {
        while (!arrived_)
            std::this_thread::yield();
        for (; frames_ < 20'000 || !passed_; ++frames_)
            stage_.feed->push(frame(frames_ % 20 == 0));
        pushed_ = true;
    }

    void work() {
        for (const auto& share : shares)
            share->arrive();
        arrived_ = true;
        for (std::vector<Frame> batch = stage_.take(); !batch.empty() || !pushed_; batch = stage_.take()) {
            for (const auto& share : shares)
                pass(batch, *share);
            stage_.settle(batch);
            passed_ = std::all_of(shares.begin(), shares.end(),
                                  [](const auto& share) { return share->stats().delivered > 0; });
        }
        for (const auto& share : shares)
            share->leave();
        over_ = true;
    }

    void pass(const std::vector<Frame>& batch, Share& share) {
        if (random_() % 3 == 0) {
            for (const Frame& one : batch)
                share.own().push(one);
            std::vector<Frame> late;
            share.own().settle(share.own().take(late, random_() % 8), 0);
            return;
        }
        const std::uint64_t lost = batch.empty() ? 0 : random_() % batch.size();
        share.deliver(batch.size() - lost);
        share.drop(DropReason::writeError, lost);
        share.publish({});
    }

    Stage stage_;
    std::minstd_rand random_{1};
    std::atomic<std::uint64_t> frames_ = 0;
    std::atomic<bool> arrived_ = false, passed_ = false, pushed_ = false, over_ = false;
    std::thread streaming_, worker_;
};

bool isBefore(const QueueStats& one, const QueueStats& other) {
    return one.received <= other.received && one.delivered <= other.delivered &&
           one.droppedTotal() <= other.droppedTotal();
}

} // namespace

TEST_CASE("while all threads run, each reading is whole, and no counter goes back") {
    Traffic traffic;
    bool whole = true, forward = true;
    for (std::vector<QueueStats> before(traffic.shares.size()); !traffic.isOver();)
        for (std::size_t i = 0; i < before.size(); ++i) {
            const QueueStats stats = traffic.shares[i]->stats();
            whole = whole && lawHolds(stats) && stats.queuedBuffers <= 60;
            forward = forward && isBefore(before[i], stats);
            before[i] = stats;
        }
    CHECK(whole);
    CHECK(forward);
    const std::uint64_t frames = traffic.join();
    for (const auto& share : traffic.shares) {
        CHECK(share->stats().received == frames);
        CHECK(share->stats().queuedBuffers == 0);
        CHECK(share->stats().delivered > 0);
    }
}
