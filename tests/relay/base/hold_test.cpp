#include "relay/base/hold.h"

#include "support/catch.h"

#include <chrono>
#include <future>
#include <thread>

using spillway::relay::Hold;
using namespace std::chrono_literals;

TEST_CASE("a thread waits at a gate until it opens, but for one that others wait for") {
    Hold hold(60s);
    hold.arm();
    auto waits = std::async(std::launch::async, [&] { hold.pass(); });
    CHECK(waits.wait_for(50ms) == std::future_status::timeout);
    hold.release();
    REQUIRE(waits.wait_for(20s) == std::future_status::ready);

    hold.arm();
    auto passes = std::async(std::launch::async, [&] {
        Hold::neverHere();
        hold.pass();
    });
    REQUIRE(passes.wait_for(20s) == std::future_status::ready);
}

TEST_CASE("a gate that nobody opens lets through after its time") {
    Hold hold(10ms);
    hold.arm();
    auto passes = std::async(std::launch::async, [&] { hold.pass(); });
    REQUIRE(passes.wait_for(20s) == std::future_status::ready);
}
