#include "relay/base/loop.h"
#include "support/catch.h"

#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace spillway::relay {

namespace {

using namespace std::chrono_literals;

struct Owner {
    std::vector<int> seen;
    Lifetime lifetime;
};

} // namespace

TEST_CASE("what other threads post runs on the loop in its order while the owner lives") {
    Loop loop;
    Owner owner;
    std::thread([&owner, post = loop.poster(owner.lifetime)] {
        for (int i = 0; i < 3; ++i)
            post([&owner, i] { owner.seen.push_back(i); });
    }).join();
    CHECK(owner.seen.empty());
    REQUIRE(loop.runUntil([&] { return owner.seen.size() == 3; }, 5s));
    CHECK(owner.seen == std::vector{0, 1, 2});
}

TEST_CASE("what is posted for an owner that has gone does not run") {
    Loop loop;
    bool ran = false;
    bool passed = false;
    auto owner = std::make_unique<Owner>();
    const Poster post = loop.poster(owner->lifetime);
    post([&] { ran = true; });
    owner.reset();
    post([&] { ran = true; });
    loop.post([&] { passed = true; });
    REQUIRE(loop.runUntil([&] { return passed; }, 5s));
    CHECK_FALSE(ran);
}

TEST_CASE("what is posted apart has a turn of its own each, in its order, and others come in between") {
    Loop loop;
    std::vector<std::string> seen;
    for (const char* name : {"a", "b", "c"})
        loop.postApart([&, name] {
            seen.emplace_back(name);
            loop.post([&] { seen.emplace_back("-"); });
        });
    REQUIRE(loop.runUntil([&] { return seen.size() == 6; }, 5s));
    CHECK(seen == std::vector<std::string>{"a", "-", "b", "-", "c", "-"});
}

} // namespace spillway::relay
