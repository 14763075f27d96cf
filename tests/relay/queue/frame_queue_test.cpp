#include "relay/queue/frame_queue.h"

#include "support/catch.h"

#include <random>
#include <thread>

using namespace spillway::relay;
using namespace std::chrono_literals;

namespace {

Frame frame(bool keyframe, std::uint32_t bytes = 100, Clock::duration at = 0s) {
    Frame made;
    made.keyframe = keyframe;
    made.bytes = bytes;
    made.arrived = Clock::time_point(1h) + at;
    return made;
}

QueueBounds bounds(QueuePolicy policy, std::uint32_t buffers = 4, std::uint64_t bytes = 1'000'000,
                   std::chrono::milliseconds time = 1h) {
    return {buffers, bytes, time, policy};
}

std::uint64_t dropped(const FrameQueue& queue, DropReason reason) {
    return queue.stats().dropped[static_cast<std::size_t>(reason)];
}

bool lawHolds(const QueueStats& stats) {
    return stats.received == stats.delivered + stats.droppedTotal() + stats.queuedBuffers;
}

std::vector<Frame> takeAll(FrameQueue& queue) {
    std::vector<Frame> frames;
    while (queue.take(frames, 64) > 0) {
    }
    return frames;
}

constexpr std::array policies{QueuePolicy::dropToKeyframe, QueuePolicy::dropOldest, QueuePolicy::latest,
                              QueuePolicy::disconnect};

} // namespace

TEST_CASE("a video subscriber gets nothing before the first keyframe") {
    FrameQueue queue(bounds(QueuePolicy::dropToKeyframe), {});
    queue.push(frame(false));
    queue.push(frame(false));
    queue.push(frame(true));
    queue.push(frame(false));
    const auto frames = takeAll(queue);
    REQUIRE(frames.size() == 2);
    REQUIRE(frames[0].keyframe);
    REQUIRE(frames[0].discontinuity);
    REQUIRE_FALSE(frames[1].discontinuity);
    REQUIRE(dropped(queue, DropReason::awaitKeyframe) == 2);
}

TEST_CASE("drop_to_keyframe drops what is queued, waits for a keyframe and wishes for one once") {
    int wishes = 0;
    FrameQueue::Hooks hooks;
    hooks.wishKeyframe = [&] { ++wishes; };
    FrameQueue queue(bounds(QueuePolicy::dropToKeyframe, 3), hooks);
    queue.push(frame(true));
    for (int i = 0; i < 6; ++i)
        queue.push(frame(false));
    REQUIRE(queue.stats().queuedBuffers == 0);
    REQUIRE(dropped(queue, DropReason::full) == 3);
    REQUIRE(dropped(queue, DropReason::awaitKeyframe) == 4);
    REQUIRE(wishes == 1);
    queue.push(frame(true));
    queue.push(frame(false));
    const auto frames = takeAll(queue);
    REQUIRE(frames.size() == 2);
    REQUIRE(frames[0].keyframe);
    REQUIRE(frames[0].discontinuity);
}

TEST_CASE("a keyframe that finds the queue full takes its place at once") {
    FrameQueue queue(bounds(QueuePolicy::dropToKeyframe, 2), {});
    queue.push(frame(true));
    queue.push(frame(false));
    queue.push(frame(true));
    const auto frames = takeAll(queue);
    REQUIRE(frames.size() == 1);
    REQUIRE(frames[0].keyframe);
    REQUIRE(dropped(queue, DropReason::full) == 2);
}

TEST_CASE("drop_oldest of audio drops only as many as the new frame needs") {
    FrameQueue queue(bounds(QueuePolicy::dropOldest, 3), {});
    for (int i = 0; i < 5; ++i)
        queue.push(frame(true, 100, i * 1ms));
    const auto frames = takeAll(queue);
    REQUIRE(frames.size() == 3);
    REQUIRE(frames[0].arrived == Clock::time_point(1h) + 2ms);
    REQUIRE(frames[0].discontinuity);
    REQUIRE(dropped(queue, DropReason::full) == 2);
}

TEST_CASE("drop_oldest of video never leaves a frame whose reference was dropped") {
    FrameQueue queue(bounds(QueuePolicy::dropOldest, 4), {});
    queue.push(frame(true));
    queue.push(frame(false));
    queue.push(frame(true, 100, 5ms));
    queue.push(frame(false));
    queue.push(frame(false)); // the first goes, and its delta with it
    const auto frames = takeAll(queue);
    REQUIRE(frames.size() == 3);
    REQUIRE(frames[0].keyframe);
    REQUIRE(frames[0].arrived == Clock::time_point(1h) + 5ms);
    REQUIRE(dropped(queue, DropReason::full) == 1);
    REQUIRE(dropped(queue, DropReason::awaitKeyframe) == 1);
}

TEST_CASE("latest keeps one frame, the newest, beside the one in the reader's hands") {
    FrameQueue queue(bounds(QueuePolicy::latest, 1), {});
    std::vector<Frame> held;
    queue.push(frame(true));
    REQUIRE(queue.take(held, 1) == 1);
    for (int i = 1; i <= 5; ++i)
        queue.push(frame(true, 100, i * 1ms));
    REQUIRE(queue.stats().queuedBuffers == 2);
    queue.settle(1, 0);
    held.clear();
    REQUIRE(queue.take(held, 10) == 1);
    REQUIRE(held[0].arrived == Clock::time_point(1h) + 5ms);
    REQUIRE(dropped(queue, DropReason::full) == 4);
}

TEST_CASE("disconnect ends the subscriber with a reason and keeps what it still has to read") {
    FrameQueue queue(bounds(QueuePolicy::disconnect, 2), {});
    queue.push(frame(true));
    queue.push(frame(false));
    queue.push(frame(false));
    queue.push(frame(true));
    REQUIRE(queue.ended() == EndReason::overflow);
    REQUIRE(takeAll(queue).size() == 2);
    REQUIRE(dropped(queue, DropReason::full) == 1);
    REQUIRE(dropped(queue, DropReason::end) == 1);
}

TEST_CASE("the bound of bytes holds, also against a frame that is larger than it") {
    FrameQueue queue(bounds(QueuePolicy::dropOldest, 100, 1000), {});
    queue.push(frame(true, 600));
    queue.push(frame(true, 600));
    REQUIRE(queue.stats().queuedBytes == 600);
    queue.push(frame(true, 1001));
    REQUIRE(queue.stats().queuedBytes == 0);
    REQUIRE(dropped(queue, DropReason::full) == 3);
    queue.push(frame(true, 1000));
    REQUIRE(queue.stats().queuedBytes == 1000);
}

TEST_CASE("the bound of time drops what is stale and says so") {
    FrameQueue queue(bounds(QueuePolicy::dropOldest, 100, 1'000'000, 50ms), {});
    for (int i = 0; i < 10; ++i)
        queue.push(frame(true, 100, i * 10ms));
    REQUIRE(queue.stats().queuedBuffers == 6);
    REQUIRE(queue.stats().queuedTime == 50ms);
    REQUIRE(dropped(queue, DropReason::stale) == 4);
}

TEST_CASE("frames in the reader's hands count as queued until they are settled") {
    FrameQueue queue(bounds(QueuePolicy::dropOldest, 4), {});
    for (int i = 0; i < 4; ++i)
        queue.push(frame(true));
    std::vector<Frame> batch;
    REQUIRE(queue.take(batch, 3) == 3);
    REQUIRE(queue.stats().queuedBuffers == 4);
    queue.push(frame(true)); // the one that still waits makes room
    REQUIRE(queue.stats().queuedBuffers == 4);
    queue.settle(2, 1);
    REQUIRE(queue.stats().delivered == 2);
    REQUIRE(dropped(queue, DropReason::writeError) == 1);
    REQUIRE(queue.stats().queuedBuffers == 1);
    REQUIRE(lawHolds(queue.stats()));
}

TEST_CASE("the time that is told is that of the frames that wait, and never above its bound") {
    FrameQueue queue(bounds(QueuePolicy::dropToKeyframe, 1000, 1'000'000, 50ms), {});
    queue.push(frame(true, 100, 0ms));
    std::vector<Frame> batch;
    REQUIRE(queue.take(batch, 1) == 1); // by a reader that hangs
    for (int i = 1; i <= 30; ++i) {
        queue.push(frame(i % 3 == 0, 100, i * 10ms));
        REQUIRE(queue.stats().queuedTime <= 50ms);
    }
    REQUIRE(queue.stats().oldest == batch.front().arrived);
    REQUIRE(dropped(queue, DropReason::stale) > 0);
}

TEST_CASE("a restart on another source waits for a keyframe again") {
    FrameQueue queue(bounds(QueuePolicy::dropToKeyframe, 10), {});
    queue.push(frame(true));
    queue.restart();
    queue.push(frame(false));
    queue.push(frame(true));
    const auto frames = takeAll(queue);
    REQUIRE(frames.size() == 2);
    REQUIRE(frames[1].discontinuity);
    REQUIRE(dropped(queue, DropReason::awaitKeyframe) == 1);
}

TEST_CASE("a reader that sleeps is woken once, by a frame or by the end") {
    int wakes = 0;
    FrameQueue::Hooks hooks;
    hooks.wakeReader = [&] { ++wakes; };
    FrameQueue queue(bounds(QueuePolicy::dropOldest, 100), hooks);
    queue.push(frame(true));
    queue.push(frame(true));
    REQUIRE(wakes == 1);
    takeAll(queue);
    queue.end(EndReason::unsubscribed);
    queue.end(EndReason::shutdown);
    REQUIRE(wakes == 2);
    REQUIRE(queue.ended() == EndReason::unsubscribed);
}

TEST_CASE("abandoning counts everything that is left as dropped by the end") {
    FrameQueue queue(bounds(QueuePolicy::dropOldest, 100), {});
    for (int i = 0; i < 5; ++i)
        queue.push(frame(true));
    std::vector<Frame> batch;
    queue.take(batch, 2);
    queue.abandon();
    queue.push(frame(true));
    REQUIRE(dropped(queue, DropReason::end) == 6);
    REQUIRE(queue.stats().queuedBuffers == 0);
    REQUIRE(lawHolds(queue.stats()));
}

TEST_CASE("whatever happens, bounds and law hold and no frame comes without its reference") {
    std::mt19937 random(20261122);
    const auto upTo = [&](unsigned limit) { return static_cast<unsigned>(random() % limit); };
    for (const auto policy : policies) {
        for (int round = 0; round < 50; ++round) {
            const QueueBounds limits{1 + upTo(8), 100 + upTo(2000), std::chrono::milliseconds(1 + upTo(40)),
                                     policy};
            FrameQueue queue(limits, {});
            std::vector<Frame> held;
            Clock::duration at{};
            std::uint64_t sequence = 0;
            std::uint64_t nextDecodable = 0;
            for (int step = 0; step < 400; ++step) {
                if (upTo(3) > 0) {
                    Frame next = frame(upTo(6) == 0, 50 + upTo(400), at);
                    // The sequence number travels in the arrival's sub-millisecond digits.
                    next.arrived += std::chrono::nanoseconds(sequence++);
                    queue.push(next);
                    at += std::chrono::milliseconds(upTo(8));
                } else if (upTo(2) > 0) {
                    const auto before = held.size();
                    queue.take(held, 1 + upTo(3));
                    for (auto i = before; i < held.size(); ++i) {
                        const auto number = static_cast<std::uint64_t>(
                            held[i].arrived.time_since_epoch().count() % 1'000'000);
                        REQUIRE((held[i].keyframe || number == nextDecodable));
                        REQUIRE((held[i].discontinuity || number == nextDecodable));
                        nextDecodable = number + 1;
                    }
                } else {
                    queue.settle(held.size(), 0);
                    held.clear();
                }
                const auto stats = queue.stats();
                REQUIRE(lawHolds(stats));
                REQUIRE(stats.queuedBuffers <=
                        limits.buffers + (policy == QueuePolicy::latest ? held.size() + 1 : 0));
                REQUIRE(stats.queuedBytes <= limits.bytes);
            }
        }
    }
}

TEST_CASE("the law holds at every reading while one thread pushes and another takes") {
    for (const auto policy : {QueuePolicy::dropToKeyframe, QueuePolicy::dropOldest, QueuePolicy::latest}) {
        FrameQueue queue({16, 10'000, 1h, policy}, {});
        constexpr int pushes = 20'000;
        std::thread pusher([&] {
            for (int i = 0; i < pushes; ++i)
                queue.push(frame(i % 10 == 0, 100));
            queue.end(EndReason::trackEnded);
        });
        std::thread reader([&] {
            std::vector<Frame> batch;
            while (queue.ended() == EndReason::none || queue.stats().queuedBuffers > 0) {
                const auto taken = queue.take(batch, 8);
                queue.settle(taken, 0);
                batch.clear();
            }
        });
        std::uint64_t last = 0;
        while (last < pushes) {
            const auto stats = queue.stats();
            if (!lawHolds(stats) || stats.queuedBuffers > 18 || stats.received < last) {
                FAIL("a reading broke the law");
            }
            last = stats.received;
        }
        pusher.join();
        reader.join();
        REQUIRE(queue.stats().received == pushes);
        REQUIRE(lawHolds(queue.stats()));
    }
}
