#include "relay/port/reactor.h"

#include "relay/base/descriptor.h"
#include "support/catch.h"
#include "support/wait.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <numeric>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace spillway::relay;
using namespace spillway::relay::port;
using namespace spillway::test;
using namespace std::chrono_literals;

namespace {

/// What a worker would be. The functions are set before the reactor starts.
class TestHooks : public Reactor::Hooks {
  public:
    bool onReady(std::span<const std::uint32_t> slots) override {
        if (ready) ready(slots);
        ++turns;
        return bursts;
    }
    std::optional<Clock::time_point> nextTimeout() override { return due; }
    std::optional<Clock::time_point> nextRead(Clock::time_point /*now*/) override { return readAt; }
    void onTimeout(Clock::time_point now) override {
        const auto late = now - *due;
        due.reset();
        timeout(late);
    }

    std::function<void(std::span<const std::uint32_t>)> ready;
    std::atomic<bool> bursts{true};
    std::function<void(Clock::duration late)> timeout = [](Clock::duration) {};
    std::optional<Clock::time_point> due;    ///< of the reactor's thread once it runs
    std::optional<Clock::time_point> readAt; ///< the same
    std::atomic<int> turns{0};
};

/// Returns when the reactor has run what was posted before.
void passThrough(Reactor& reactor) {
    std::promise<void> passed;
    reactor.post([&passed] { passed.set_value(); });
    passed.get_future().wait();
}

} // namespace

TEST_CASE("functions posted from several threads run on the reactor's, those of each thread in order") {
    constexpr int each = 5000;
    TestHooks hooks;
    Reactor reactor("reactor", hooks);
    std::array<int, 4> next{};
    bool inOrder = true;
    bool onThread = true;
    reactor.start();
    std::vector<std::thread> threads;
    for (std::size_t t = 0; t < next.size(); ++t)
        threads.emplace_back([&, t] {
            for (int i = 0; i < each; ++i)
                reactor.post([&, t, i] {
                    inOrder = inOrder && next[t]++ == i;
                    onThread = onThread && reactor.onThread();
                });
        });
    for (auto& thread : threads)
        thread.join();
    reactor.stop();
    CHECK(inOrder);
    CHECK(onThread);
    CHECK_FALSE(reactor.onThread());
    CHECK(std::accumulate(next.begin(), next.end(), 0) == 4 * each);
}

TEST_CASE("of 100000 wakes from 4 threads none is lost") {
    constexpr std::uint32_t slots = 64;
    constexpr std::uint32_t each = 25000;
    std::array<std::atomic<std::uint32_t>, slots> waiting{};
    std::atomic<std::uint32_t> served{0};
    std::atomic<bool> once{true};
    TestHooks hooks;
    hooks.ready = [&](std::span<const std::uint32_t> ready) {
        std::array<bool, slots> seen{};
        for (const auto slot : ready) {
            if (std::exchange(seen.at(slot), true)) once = false;
            served += waiting.at(slot).exchange(0);
        }
    };
    Reactor reactor("reactor", hooks, 100us);
    reactor.start();
    std::vector<std::thread> threads;
    for (std::uint32_t t = 0; t < 4; ++t)
        threads.emplace_back([&, t] {
            for (std::uint32_t i = 0; i < each; ++i) {
                const std::uint32_t slot = (i * 7 + t) % slots;
                ++waiting[slot];
                reactor.wake(slot);
                // Now and then long enough for the reactor to fall asleep.
                if (i % 500 == 0) pauseFor(300us);
            }
        });
    for (auto& thread : threads)
        thread.join();
    CHECK(eventually([&] { return served == 4 * each; }));
    CHECK(once);
}

TEST_CASE("each single wake of a sleeping reactor is served") {
    std::atomic<std::uint32_t> served{0};
    TestHooks hooks;
    hooks.ready = [&](std::span<const std::uint32_t> ready) {
        served += static_cast<std::uint32_t>(ready.size());
    };
    Reactor reactor("reactor", hooks, 0us);
    reactor.start();
    bool all = true;
    for (std::uint32_t i = 1; i <= 500 && all; ++i) {
        reactor.wake(3);
        all = eventually([&] { return served == i; });
    }
    CHECK(all);
}

TEST_CASE("what follows the first wake after a pause gathers with it, and costs no turn of its own") {
    constexpr auto gather = 150ms;
    std::vector<std::uint32_t> seen;
    Clock::time_point handedOver;
    TestHooks hooks;
    hooks.ready = [&](std::span<const std::uint32_t> ready) {
        seen.assign(ready.begin(), ready.end());
        handedOver = Clock::now();
    };
    Reactor reactor("reactor", hooks, gather);
    reactor.start();
    for (int round = 1; round <= 2; ++round) {
        pauseFor(2 * gather); // the pause is longer than it gathers
        passThrough(reactor);
        const auto before = reactor.heartbeat();
        const auto first = Clock::now();
        for (const std::uint32_t slot : {5U, 2U, 5U, 9U, 2U, 7U})
            reactor.wake(slot);
        REQUIRE(eventually([&] { return hooks.turns == round; }));
        CHECK(seen == std::vector<std::uint32_t>{5, 2, 9, 7});
        CHECK(handedOver - first >= gather);
        CHECK(reactor.heartbeat() - before <= 2);
    }
}

TEST_CASE("while there is one thing at a time, nothing waits until more has gathered") {
    constexpr auto gather = 300ms;
    TestHooks hooks;
    hooks.bursts = false;
    Reactor reactor("reactor", hooks, gather);
    reactor.start();
    const auto timeOf = [&](int round) {
        const auto begin = Clock::now();
        reactor.wake(1);
        REQUIRE(eventually([&] { return hooks.turns == round; }));
        const auto time = Clock::now() - begin;
        passThrough(reactor); // it has noted what the round said by then
        return time;
    };
    CHECK(timeOf(1) >= gather); // nothing is known yet
    CHECK(timeOf(2) < gather);
    hooks.bursts = true;
    CHECK(timeOf(3) < gather);
    CHECK(timeOf(4) >= gather);
    hooks.bursts = false;
    CHECK(timeOf(5) >= gather);
    CHECK(timeOf(6) < gather);
}

TEST_CASE("what is posted does not wait until slots have gathered") {
    TestHooks hooks;
    Reactor reactor("reactor", hooks, 1h);
    reactor.start();
    passThrough(reactor);
    reactor.wake(1);
    passThrough(reactor);
    reactor.wake(2);
    passThrough(reactor);
    CHECK(hooks.turns == 0);
}

TEST_CASE("a slot that is woken while it is served is served again") {
    TestHooks hooks;
    Reactor reactor("reactor", hooks, 100us);
    hooks.ready = [&](std::span<const std::uint32_t>) {
        if (hooks.turns < 10) reactor.wake(0);
    };
    reactor.start();
    reactor.wake(0);
    CHECK(eventually([&] { return hooks.turns == 11; }));
}

TEST_CASE("a timer is never early, and late by less than milliseconds when the machine lets it") {
    constexpr std::size_t times = 30;
    std::vector<Clock::duration> late;
    TestHooks hooks;
    std::promise<void> done;
    hooks.due = Clock::now() + 3ms;
    hooks.timeout = [&](Clock::duration by) {
        late.push_back(by);
        if (late.size() < times)
            hooks.due = Clock::now() + 2700us;
        else
            done.set_value();
    };
    Reactor reactor("reactor", hooks);
    reactor.start();
    REQUIRE(done.get_future().wait_for(20s) == std::future_status::ready);
    reactor.stop();
    std::sort(late.begin(), late.end());
    CHECK(late.front() >= 0ns);
    CHECK(late[times / 4] < 3ms);
}

TEST_CASE("a timer that a posted function sets or moves is kept") {
    TestHooks hooks;
    std::promise<void> done;
    hooks.timeout = [&](Clock::duration) { done.set_value(); };
    hooks.due = Clock::now() + 1h;
    Reactor reactor("reactor", hooks);
    reactor.start();
    passThrough(reactor);
    reactor.post([&] { hooks.due = Clock::now() + 5ms; });
    CHECK(done.get_future().wait_for(20s) == std::future_status::ready);
}

TEST_CASE("what was posted before the stop runs, what is posted after it does not") {
    constexpr int before = 1000;
    std::atomic<int> ran{0};
    TestHooks hooks;
    Reactor reactor("reactor", hooks, 1h);
    for (int i = 0; i < before; ++i)
        reactor.post([&] { ++ran; });
    reactor.post([&] { reactor.post([&] { ++ran; }); });
    reactor.wake(1);
    reactor.start();
    reactor.stop();
    CHECK(ran >= before); // one more if the one in the other was posted before
    CHECK(ran <= before + 1);
    const int now = ran;
    const auto held = std::make_shared<int>();
    reactor.post([&, held] { ++ran; });
    CHECK(held.use_count() == 1);
    reactor.wake(1);
    reactor.stop();
    CHECK(ran == now);
    CHECK(hooks.turns == 0);
}

TEST_CASE("threads may post and wake while it stops") {
    for (int i = 0; i < 50; ++i) {
        TestHooks hooks;
        Reactor reactor("reactor", hooks, 0us);
        reactor.start();
        std::atomic<bool> go{true};
        std::thread other([&] {
            for (std::uint32_t n = 0; go; ++n) {
                reactor.wake(n % 16);
                reactor.post([] {});
            }
        });
        passThrough(reactor);
        reactor.stop();
        go = false;
        other.join();
    }
}

TEST_CASE("a reactor that was never started ends") {
    TestHooks hooks;
    Reactor reactor("reactor", hooks);
    reactor.post([] {});
    reactor.wake(3);
}

TEST_CASE("a watched descriptor is told of as long as something is left to read") {
    std::array<int, 2> ends{};
    REQUIRE(::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) == 0);
    const Descriptor reading(ends[0]);
    const Descriptor writing(ends[1]);
    std::string text;
    std::promise<void> done;
    TestHooks hooks;
    Reactor reactor("reactor", hooks);
    reactor.watch(reading.get(), [&] {
        char letter = 0;
        if (::read(reading.get(), &letter, 1) == 1) text += letter;
        if (text.size() == 6) done.set_value();
    });
    reactor.start();
    REQUIRE(::write(writing.get(), "abc", 3) == 3);
    passThrough(reactor);
    REQUIRE(::write(writing.get(), "def", 3) == 3);
    REQUIRE(done.get_future().wait_for(20s) == std::future_status::ready);
    reactor.stop();
    CHECK(text == "abcdef");
}

TEST_CASE("what is readable waits until it is time to read, and nothing else does") {
    std::array<int, 2> ends{};
    REQUIRE(::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) == 0);
    const Descriptor reading(ends[0]);
    const Descriptor writing(ends[1]);
    std::atomic<int> reads{0};
    std::promise<void> woken, timed;
    TestHooks hooks;
    hooks.readAt = Clock::now() + 1h;
    hooks.ready = [&](std::span<const std::uint32_t>) { woken.set_value(); };
    hooks.timeout = [&](Clock::duration) { timed.set_value(); };
    Reactor reactor("reactor", hooks);
    reactor.watch(reading.get(), [&] {
        char letter = 0;
        if (::read(reading.get(), &letter, 1) == 1) ++reads;
    });
    reactor.start();
    REQUIRE(::write(writing.get(), "ab", 2) == 2);
    reactor.wake(1);
    REQUIRE(woken.get_future().wait_for(20s) == std::future_status::ready);
    reactor.post([&] { hooks.due = Clock::now() + 1ms; });
    REQUIRE(timed.get_future().wait_for(20s) == std::future_status::ready);
    CHECK(reads == 0);

    Clock::time_point soon;
    reactor.post([&] { hooks.readAt = soon = Clock::now() + 20ms; });
    REQUIRE(eventually([&] { return reads == 2; }));
    CHECK(Clock::now() >= soon);
    reactor.post([&] { hooks.readAt = Clock::now() + 1h; });
    passThrough(reactor);
    REQUIRE(::write(writing.get(), "c", 1) == 1);
    passThrough(reactor);
    CHECK(reads == 2);
    reactor.post([&] { hooks.readAt.reset(); });
    CHECK(eventually([&] { return reads == 3; }));
}

TEST_CASE("its thread has its name, and leaves signals to others") {
    TestHooks hooks;
    Reactor reactor("a-reactor-with-a-long-name", hooks);
    reactor.start();
    std::array<char, 32> name{};
    sigset_t blocked;
    sigemptyset(&blocked);
    reactor.post([&] {
        pthread_getname_np(pthread_self(), name.data(), name.size());
        pthread_sigmask(SIG_BLOCK, nullptr, &blocked);
    });
    reactor.stop();
    CHECK(name.data() == std::string("a-reactor-with-"));
    for (const int signal : {SIGTERM, SIGHUP, SIGINT, SIGPIPE, SIGUSR1})
        CHECK(sigismember(&blocked, signal) == 1);
}

TEST_CASE("one can see whether it turns, waits or is stuck") {
    TestHooks hooks;
    Reactor reactor("reactor", hooks);
    CHECK_FALSE(reactor.busySince());
    CHECK(reactor.heartbeat() == 0);
    reactor.start();
    passThrough(reactor);
    CHECK(eventually([&] { return !reactor.busySince(); }));
    const auto before = reactor.heartbeat();

    std::promise<void> release;
    const auto posted = Clock::now();
    reactor.post([released = release.get_future().share()] { released.wait(); });
    REQUIRE(eventually([&] { return reactor.busySince().has_value(); }));
    CHECK(*reactor.busySince() >= posted);
    const auto stuck = reactor.heartbeat();
    CHECK(stuck > before);
    release.set_value();
    CHECK(eventually([&] { return !reactor.busySince(); }));
    reactor.stop();
    CHECK_FALSE(reactor.busySince());
}
