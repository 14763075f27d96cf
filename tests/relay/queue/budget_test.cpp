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
