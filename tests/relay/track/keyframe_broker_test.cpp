#include "relay/track/keyframe_broker.h"

#include "support/catch.h"

#include <thread>

using namespace spillway::relay;
using namespace std::chrono_literals;

namespace {

struct Brokered {
    Loop loop;
    int requests = 0;
    int none = 0;
    std::shared_ptr<KeyframeBroker> broker = brokerOf(40ms);

    std::shared_ptr<KeyframeBroker> brokerOf(std::chrono::milliseconds window) {
        return std::make_shared<KeyframeBroker>(
            loop, KeyframeBroker::Source{[this] { ++requests; }, [this] { ++none; }}, window);
    }
};

} // namespace

TEST_CASE("many wishes within a window become one request") {
    Brokered b;
    std::vector<std::thread> threads;
    threads.reserve(4);
    for (int t = 0; t < 4; ++t)
        threads.emplace_back([&] {
            for (int i = 0; i < 250; ++i)
                b.broker->wish(WishReason::viewer);
        });
    for (auto& thread : threads)
        thread.join();
    REQUIRE(b.loop.runUntil([&] { return b.requests == 1; }, 1s));
    b.broker->keyframeStarted();
    REQUIRE_FALSE(b.loop.runUntil([&] { return b.requests > 1; }, 150ms));
    REQUIRE(b.broker->wishes()[static_cast<std::size_t>(WishReason::viewer)] == 1000);
    REQUIRE(b.broker->requests() == 1);
    REQUIRE(b.broker->keyframes() == 1);
}

TEST_CASE("a request that is not answered is repeated, with growing distance, until a keyframe comes") {
    Brokered b;
    const auto begin = std::chrono::steady_clock::now();
    b.broker->wish(WishReason::attach);
    REQUIRE(b.loop.runUntil([&] { return b.requests == 4; }, 2s));
    // 40 ms, 80 ms, 160 ms after each other
    REQUIRE(std::chrono::steady_clock::now() - begin >= 250ms);
    b.broker->keyframeStarted();
    REQUIRE_FALSE(b.loop.runUntil([&] { return b.requests > 4; }, 500ms));
}

TEST_CASE("a wish right after an answered request waits for the window to pass") {
    Brokered b;
    b.broker->wish(WishReason::attach);
    REQUIRE(b.loop.runUntil([&] { return b.requests == 1; }, 1s));
    const auto first = std::chrono::steady_clock::now();
    b.broker->keyframeStarted();
    b.broker->wish(WishReason::drop);
    REQUIRE(b.loop.runUntil([&] { return b.requests == 2; }, 1s));
    REQUIRE(std::chrono::steady_clock::now() - first >= 35ms);
}

TEST_CASE("that no keyframe comes is told once, and it is asked for seldom until there is another source") {
    Brokered b;
    b.broker = b.brokerOf(10ms);
    b.broker->wish(WishReason::attach);
    REQUIRE(b.loop.runUntil([&] { return b.none == 1; }, 5s));
    CHECK(b.broker->isHopeless());
    const int before = b.requests;
    CHECK(before == KeyframeBroker::patience + 1);
    CHECK_FALSE(b.loop.runUntil([&] { return b.requests > before || b.none > 1; }, 150ms));
    b.broker->renew();
    CHECK_FALSE(b.broker->isHopeless());
    CHECK(b.loop.runUntil([&] { return b.requests == before + 1; }, 1s));
    b.broker->keyframeStarted();
    CHECK_FALSE(b.loop.runUntil([&] { return b.requests > before + 1; }, 50ms));
}

TEST_CASE("who attaches while there is little hope waits no longer for a request than when there was") {
    Brokered b;
    b.broker = b.brokerOf(20ms);
    b.broker->wish(WishReason::viewer);
    REQUIRE(b.loop.runUntil([&] { return b.none == 1; }, 20s));
    const auto last = std::chrono::steady_clock::now();
    const int before = b.requests;
    b.broker->wish(WishReason::attach);
    REQUIRE(b.loop.runUntil([&] { return b.requests > before; }, 20s));
    // 320 ms, where it is 2.4 s for all others.
    CHECK(std::chrono::steady_clock::now() - last >= 300ms);
    CHECK(std::chrono::steady_clock::now() - last < 2s);
    b.broker->wish(WishReason::viewer);
    CHECK_FALSE(b.loop.runUntil([&] { return b.requests > before + 1; }, 500ms));
    CHECK(b.none == 1);
}

TEST_CASE("a source that rests is not asked, and at once when it no longer does") {
    Brokered b;
    b.broker->wish(WishReason::attach);
    REQUIRE(b.loop.runUntil([&] { return b.requests == 2; }, 5s));
    b.broker->pause();
    b.broker->wish(WishReason::attach);
    CHECK_FALSE(b.loop.runUntil([&] { return b.requests > 2; }, 300ms));
    b.broker->renew();
    CHECK(b.loop.runUntil([&] { return b.requests == 3; }, 5s));
}

TEST_CASE("a closed broker asks for nothing any more") {
    Brokered b;
    b.broker->wish(WishReason::attach);
    b.broker->close();
    b.broker->wish(WishReason::drop);
    REQUIRE_FALSE(b.loop.runUntil([&] { return b.requests > 0; }, 100ms));
}
