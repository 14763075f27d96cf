#include "relay/outputs/output_loop.h"

#include "support/catch.h"

#include "support/no_threads.h"
#include "support/wait.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <vector>

using namespace spillway::relay;
using namespace std::chrono_literals;

namespace {

/// What a test sees of an Output that lives on another thread.
struct Record {
    std::atomic<std::uint64_t> written{0};
    std::atomic<std::uint64_t> attempts{0};
    std::atomic<int> closed{0};
    std::atomic<bool> destroyed{false};
    std::atomic<bool> fails{false};
    std::atomic<bool> wants{false};
    std::atomic<EndReason> reason{EndReason::none};
    std::atomic<std::thread::id> thread;
    std::atomic<std::thread::id> destroyedOn;
    std::mutex mutex;                  ///< protects the next
    std::vector<std::uint32_t> sizes;  ///< of the frames, in order
    std::function<void()> duringWrite; ///< set before the loop serves
};

class TestOutput : public Output {
  public:
    explicit TestOutput(std::shared_ptr<Record> record)
        : record_(std::move(record)) {}
    ~TestOutput() override {
        record_->destroyedOn = std::this_thread::get_id();
        record_->destroyed = true;
    }
    bool write(const Frame& frame) override {
        record_->thread = std::this_thread::get_id();
        if (record_->duringWrite) record_->duringWrite();
        ++record_->attempts;
        if (record_->fails) return false;
        {
            const std::lock_guard lock(record_->mutex);
            record_->sizes.push_back(frame.bytes);
        }
        ++record_->written;
        return true;
    }
    void close(EndReason reason) override {
        record_->reason = reason;
        ++record_->closed;
    }
    bool wantsKeyframe() override { return record_->wants; }

  private:
    std::shared_ptr<Record> record_;
};

Frame frameOf(std::uint32_t bytes) {
    Frame frame;
    frame.arrived = Clock::now();
    frame.bytes = bytes;
    frame.keyframe = true;
    return frame;
}

constexpr QueueBounds wide{4096, 1ULL << 30, 60s, QueuePolicy::dropOldest};

/// A queue, its output and what the loop said about them.
struct Served {
    OutputLoop::Id id = 0;
    std::shared_ptr<FrameQueue> queue;
    std::shared_ptr<Record> record = std::make_shared<Record>();
    std::shared_ptr<std::atomic<int>> wishes = std::make_shared<std::atomic<int>>(0);
    std::shared_ptr<std::atomic<int>> closes = std::make_shared<std::atomic<int>>(0);

    explicit Served(OutputLoop& loop, QueueBounds bounds = wide)
        : id(loop.reserve()) {
        FrameQueue::Hooks hooks;
        hooks.wakeReader = [&loop, id = id] { loop.wake(id); };
        queue = std::make_shared<FrameQueue>(bounds, hooks);
    }
    void start(OutputLoop& loop) const {
        loop.add(
            id, queue, std::make_unique<TestOutput>(record), [wishes = wishes] { ++*wishes; },
            [closes = closes](EndReason) { ++*closes; });
    }
};

bool lawHolds(const QueueStats& stats) {
    return stats.received == stats.delivered + stats.droppedTotal() + stats.queuedBuffers;
}

/// Keeps whoever passes waiting until it is opened. Declared before the loop whose thread may wait in it.
class Gate {
  public:
    void open() {
        const std::lock_guard lock(mutex_);
        open_ = true;
        changed_.notify_all();
    }
    /// Returns at once when somebody came to the gate.
    void awaitGuest() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return guests_ > 0; });
    }
    void pass() {
        std::unique_lock lock(mutex_);
        ++guests_;
        changed_.notify_all();
        changed_.wait(lock, [this] { return open_; });
    }

  private:
    std::mutex mutex_; ///< protects the rest
    std::condition_variable changed_;
    bool open_ = false;
    int guests_ = 0;
};

} // namespace

TEST_CASE("frames reach their output in order, on the loop's own thread") {
    Loop main;
    OutputLoop loop(main, "test");
    const Served served(loop);
    served.start(loop);
    for (std::uint32_t i = 1; i <= 1000; ++i)
        served.queue->push(frameOf(i));
    REQUIRE(main.runUntil([&] { return served.queue->stats().delivered == 1000; }, 5s));
    const std::lock_guard lock(served.record->mutex);
    for (std::uint32_t i = 0; i < 1000; ++i)
        REQUIRE(served.record->sizes[i] == i + 1);
    CHECK(served.record->thread.load() != std::this_thread::get_id());
}

TEST_CASE("frames that were pushed before the loop serves are not forgotten") {
    Loop main;
    OutputLoop loop(main, "test");
    const Served served(loop);
    for (int i = 0; i < 10; ++i)
        served.queue->push(frameOf(1));
    served.start(loop);
    CHECK(main.runUntil([&] { return served.record->written == 10; }, 5s));
}

TEST_CASE(
    "what is left when a queue ends is written, then the output is closed and destroyed on its thread") {
    Loop main;
    OutputLoop loop(main, "test");
    const Served served(loop);
    for (int i = 0; i < 300; ++i)
        served.queue->push(frameOf(1));
    served.queue->end(EndReason::trackEnded);
    bool destroyedFirst = false;
    EndReason told = EndReason::none;
    loop.add(served.id, served.queue, std::make_unique<TestOutput>(served.record), {}, [&](EndReason reason) {
        destroyedFirst = served.record->destroyed;
        told = reason;
        CHECK(main.onLoop());
    });
    REQUIRE(main.runUntil([&] { return told != EndReason::none; }, 5s));
    CHECK(told == EndReason::trackEnded);
    CHECK(destroyedFirst);
    CHECK(served.record->written == 300);
    CHECK(served.record->closed == 1);
    CHECK(served.record->reason.load() == EndReason::trackEnded);
    CHECK(served.record->destroyedOn.load() == served.record->thread.load());
}

TEST_CASE("a frame that could not be written counts as a write error") {
    Loop main;
    OutputLoop loop(main, "test");
    const Served served(loop);
    served.record->fails = true;
    served.start(loop);
    for (int i = 0; i < 5; ++i)
        served.queue->push(frameOf(1));
    REQUIRE(main.runUntil([&] { return served.queue->stats().queuedBuffers == 0; }, 5s));
    const auto stats = served.queue->stats();
    CHECK(stats.dropped[static_cast<std::size_t>(DropReason::writeError)] == 5);
    CHECK(stats.delivered == 0);
    CHECK(lawHolds(stats));
}

TEST_CASE("a keyframe is wished for once each time an output begins to want one") {
    Loop main;
    OutputLoop loop(main, "test");
    const Served served(loop);
    served.start(loop);
    const auto pushAndWait = [&](std::uint64_t count) {
        const auto before = served.queue->stats().delivered;
        for (std::uint64_t i = 0; i < count; ++i)
            served.queue->push(frameOf(1));
        REQUIRE(main.runUntil([&] { return served.queue->stats().delivered == before + count; }, 5s));
    };
    pushAndWait(3);
    CHECK(*served.wishes == 0);
    served.record->wants = true;
    pushAndWait(5);
    CHECK(main.runUntil([&] { return *served.wishes == 1; }, 5s));
    served.record->wants = false;
    pushAndWait(2);
    served.record->wants = true;
    pushAndWait(5);
    CHECK(main.runUntil([&] { return *served.wishes == 2; }, 5s));
}

TEST_CASE("a queue with a backlog lets the others have their turn") {
    Loop main;
    Gate gate;
    std::atomic<std::uint64_t> busyWhenIdleWrote{0};
    OutputLoop loop(main, "test");
    const Served busy(loop);
    const Served idle(loop);
    busy.record->duringWrite = [&] {
        if (busy.record->attempts == 0) gate.pass();
    };
    idle.record->duringWrite = [&] { busyWhenIdleWrote = busy.record->attempts.load(); };
    busy.start(loop);
    idle.start(loop);
    for (int i = 0; i < 2000; ++i)
        busy.queue->push(frameOf(1));
    idle.queue->push(frameOf(1));
    gate.open();
    REQUIRE(main.runUntil([&] { return busy.record->written == 2000 && idle.record->written == 1; }, 5s));
    // The turn that was under way, and one more if it came first again.
    CHECK(busyWhenIdleWrote <= 2 * OutputLoop::batch);
}

TEST_CASE("waking an id that is not served does no harm") {
    Loop main;
    OutputLoop loop(main, "test");
    const Served gone(loop);
    gone.start(loop);
    gone.queue->end(EndReason::unsubscribed);
    REQUIRE(main.runUntil([&] { return *gone.closes == 1; }, 5s));
    loop.wake(gone.id);
    loop.wake(loop.reserve());
    const Served served(loop);
    served.start(loop);
    served.queue->push(frameOf(1));
    CHECK(main.runUntil([&] { return served.record->written == 1; }, 5s));
}

TEST_CASE("destroying the loop abandons what is queued and closes every output once") {
    Loop main;
    Gate gate;
    auto loop = std::make_unique<OutputLoop>(main, "test");
    const Served stuck(*loop);
    const Served waiting(*loop);
    stuck.record->duringWrite = [&] { gate.pass(); };
    stuck.start(*loop);
    waiting.start(*loop);
    for (int i = 0; i < 200; ++i)
        stuck.queue->push(frameOf(1));
    gate.awaitGuest();
    std::thread opener([&] { gate.open(); });
    loop.reset();
    opener.join();
    for (const Served* served : {&stuck, &waiting}) {
        CHECK(served->record->closed == 1);
        CHECK(served->record->reason.load() == EndReason::shutdown);
        CHECK(served->record->destroyed);
        CHECK(served->queue->stats().queuedBuffers == 0);
        CHECK(lawHolds(served->queue->stats()));
        CHECK(served->queue->ended() != EndReason::none);
    }
}

TEST_CASE("queues that come, end and are pushed to from many threads lose no frame and no close") {
    Loop main;
    OutputLoop loop(main, "test");
    constexpr std::size_t threads = 4;
    constexpr std::size_t rounds = 100;
    constexpr std::size_t framesEach = 50;
    std::vector<Served> all;
    all.reserve(threads * rounds);
    for (std::size_t i = 0; i < threads * rounds; ++i)
        all.emplace_back(loop);
    const auto pushRounds = [&](std::size_t thread) {
        for (std::size_t round = 0; round < rounds; ++round) {
            FrameQueue& queue = *all[thread * rounds + round].queue;
            for (std::size_t i = 0; i < framesEach; ++i)
                queue.push(frameOf(1));
            queue.end(EndReason::trackEnded);
        }
    };
    std::vector<std::thread> pushers;
    pushers.reserve(threads);
    for (std::size_t t = 0; t < threads; ++t)
        pushers.emplace_back(pushRounds, t);
    for (const Served& served : all)
        served.start(loop);
    const auto closed = [](const Served& served) { return *served.closes == 1; };
    const bool allClosed = main.runUntil([&] { return std::all_of(all.begin(), all.end(), closed); }, 20s);
    for (auto& pusher : pushers)
        pusher.join();
    REQUIRE(allClosed);
    for (const Served& served : all) {
        CHECK(served.queue->stats().delivered == framesEach);
        CHECK(lawHolds(served.queue->stats()));
    }
}

TEST_CASE("loops of different keys do not wait for each other") {
    Loop main;
    Gate gate;
    OutputLoops loops(main);
    const Served hanging(loops.of("disk"));
    const Served other(loops.of("network"));
    hanging.record->duringWrite = [&] { gate.pass(); };
    hanging.start(loops.of("disk"));
    other.start(loops.of("network"));
    hanging.queue->push(frameOf(1));
    other.queue->push(frameOf(1));
    CHECK(main.runUntil([&] { return other.record->written == 1; }, 5s));
    CHECK(hanging.record->written == 0);
    gate.open();
    CHECK(&loops.of("disk") == &loops.of("disk"));
}

TEST_CASE(
    "a job runs on the loop's thread, also while nothing else is served, and one that throws ends alone") {
    Loop main;
    OutputLoop loop(main, "test");
    std::atomic<std::thread::id> ran;
    loop.post([&] { ran = std::this_thread::get_id(); });
    CHECK(spillway::test::eventually([&] { return ran.load() != std::thread::id(); }));
    CHECK(ran.load() != std::this_thread::get_id());
    std::atomic<bool> next{false};
    loop.post([] { throw std::runtime_error("no memory"); });
    loop.post([&] { next = true; });
    CHECK(spillway::test::eventually([&] { return next.load(); }));
}

TEST_CASE("a loop is stuck while one call lasts too long, and not while it waits for work") {
    Loop main;
    OutputLoops loops(main);
    CHECK_FALSE(loops.isStuck("disk", 0ms));
    OutputLoop& loop = loops.of("disk");
    std::promise<void> answer;
    std::atomic<bool> began{false};
    loop.post([&] {
        began = true;
        answer.get_future().wait();
    });
    CHECK(spillway::test::eventually([&] { return began.load(); }));
    CHECK_FALSE(loops.isStuck("disk", 1h));
    CHECK(spillway::test::eventually([&] { return loops.isStuck("disk", 50ms); }));
    CHECK_FALSE(loops.isStuck("network", 0ms));
    answer.set_value();
    CHECK(spillway::test::eventually([&] { return !loops.isStuck("disk", 0ms); }));
}

TEST_CASE("an output that throws ends alone") {
    Loop main;
    OutputLoop loop(main, "test");
    const Served broken(loop);
    const Served sound(loop);
    broken.record->duringWrite = [] { throw std::runtime_error("no memory"); };
    broken.start(loop);
    sound.start(loop);
    for (int i = 0; i < 10; ++i) {
        broken.queue->push(frameOf(1));
        sound.queue->push(frameOf(1));
    }
    REQUIRE(main.runUntil([&] { return *broken.closes == 1; }, 5s));
    CHECK(broken.record->reason == EndReason::writeError);
    CHECK(lawHolds(broken.queue->stats()));
    REQUIRE(main.runUntil([&] { return sound.queue->stats().delivered == 10; }, 5s));
    CHECK(*sound.closes == 0);
}

TEST_CASE("a loop for which there is no thread is told, and made when there is one") {
    Loop mainLoop;
    OutputLoops loops(mainLoop);
    {
        const spillway::test::NoThreads none;
        CHECK_THROWS_AS(loops.of("disk"), std::runtime_error);
    }
    CHECK_FALSE(loops.isStuck("disk", 5s));
    std::promise<void> ran;
    loops.of("disk").post([&] { ran.set_value(); });
    CHECK(ran.get_future().wait_for(20s) == std::future_status::ready);
}
