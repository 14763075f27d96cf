#include "relay/queue/budget.h"

#include "relay/values/refused.h"
#include "support/catch.h"

#include <vector>

using namespace spillway;
using namespace spillway::relay;

TEST_CASE("reservations never exceed the memory limit and come back with their owners") {
    config::LimitSettings limits;
    limits.queueMemory = 1000;
    QueueBudget budget(limits);
    auto first = budget.reserve(600);
    REQUIRE_THROWS_AS(budget.reserve(401), Refused);
    {
        const auto second = budget.reserve(400);
        REQUIRE(budget.usedBytes() == 1000);
        REQUIRE(budget.queues() == 2);
    }
    REQUIRE(budget.usedBytes() == 600);
    first = budget.reserve(100);
    REQUIRE(budget.usedBytes() == 100);
    REQUIRE_THROWS_AS(budget.reserve(~std::uint64_t{0}), Refused);
}

TEST_CASE("no more queues than the limit of subscribers") {
    config::LimitSettings limits;
    limits.subscribers = 2;
    QueueBudget budget(limits);
    std::vector<QueueBudget::Reservation> held;
    held.push_back(budget.reserve(1));
    held.push_back(budget.reserve(1));
    REQUIRE_THROWS_AS(budget.reserve(1), Refused);
    held.pop_back();
    REQUIRE_NOTHROW(budget.reserve(1));
}

TEST_CASE("what gives way counts apart until it has gone, and no more does than the limits once more") {
    config::LimitSettings limits;
    limits.queueMemory = 1000;
    limits.subscribers = 2;
    QueueBudget budget(limits);
    auto before = budget.reserve(600);
    const auto other = budget.reserve(300);
    CHECK_THROWS_AS(budget.requireFitsInPlace({600, 1}, {701, 1}), Refused);
    CHECK_NOTHROW(budget.requireFitsInPlace({600, 1}, {700, 1}));
    REQUIRE(budget.mayGiveWay({600, 1}, {700, 1}));
    before.giveWay();
    before.ending();
    auto next = budget.reserve(500);
    CHECK(budget.usedBytes() == 800);
    CHECK(budget.queues() == 2);
    CHECK_FALSE(budget.mayGiveWay({500, 1}, {100, 1})); // 600 of them have not gone
    CHECK(budget.mayGiveWay({300, 1}, {100, 1}));
    next.giveWay();
    CHECK_FALSE(budget.mayGiveWay({300, 1}, {1, 1})); // nor have two queues
    next = {};
    before = {};
    CHECK(budget.mayGiveWay({300, 1}, {1000, 1}));
    CHECK(budget.usedBytes() == 300);
}

TEST_CASE("what is ending holds its memory, but is nothing that others must fit beside") {
    config::LimitSettings limits;
    limits.queueMemory = 1000;
    QueueBudget budget(limits);
    const auto running = budget.reserve(400);
    {
        auto closing = budget.reserve(400);
        CHECK_THROWS_AS(budget.requireFitsInPlace({400, 1}, {1000, 1}), Refused);
        closing.ending();
        CHECK_NOTHROW(budget.requireFitsInPlace({400, 1}, {1000, 1}));
        CHECK_FALSE(budget.mayGiveWay({400, 1}, {1000, 1}));
        CHECK(budget.usedBytes() == 800);
        CHECK_THROWS_AS(budget.reserve(201), Refused);
    }
    CHECK(budget.mayGiveWay({400, 1}, {1000, 1}));
}

TEST_CASE("what is configured gets what viewers have, one after the other, and none ends in vain") {
    config::LimitSettings limits;
    limits.queueMemory = 1000;
    limits.subscribers = 4;
    QueueBudget budget(limits);
    std::vector<QueueBudget::Reservation> viewers;
    int ended = 0;
    budget.onNeed([&] {
        if (viewers.empty()) return false;
        ++ended;
        viewers.back().giveBack();
        viewers.pop_back();
        return true;
    });
    const auto view = [&] { viewers.push_back(budget.reserve(200, 1, QueueBudget::Claim::viewer)); };
    const auto first = budget.reserve(400);
    view();
    view();
    view();
    REQUIRE_THROWS_AS(view(), Refused);
    REQUIRE_THROWS_AS(budget.reserve(601), Refused);
    REQUIRE(ended == 0);
    const auto second = budget.reserve(400);
    REQUIRE(ended == 2);
    REQUIRE(budget.usedBytes() == 1000);
    REQUIRE_THROWS_AS(budget.reserve(201), Refused);
    REQUIRE(ended == 2);
    const auto third = budget.reserve(1, 2); // the queues do not fit beside it
    REQUIRE(ended == 3);
    REQUIRE_THROWS_AS(budget.reserve(0, 1), Refused);
}
