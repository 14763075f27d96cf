#include "relay/base/audience.h"

#include "support/catch.h"

#include <optional>

using namespace spillway::relay;

TEST_CASE("an audience tells when somebody comes to it while it is empty, and knows when all have left") {
    int first = 0;
    const auto audience = std::make_shared<Audience>([&] { ++first; });
    CHECK(audience->isEmpty());
    std::optional<Audience::Seat> one(audience);
    CHECK(first == 1);
    {
        Audience::Seat other(audience);
        const Audience::Seat moved(std::move(other));
        CHECK(first == 1);
        one.reset();
        CHECK_FALSE(audience->isEmpty());
    }
    CHECK(audience->isEmpty());

    Audience::Seat kept;
    CHECK(audience->isEmpty());
    kept = Audience::Seat(audience);
    CHECK(first == 2);
    kept = Audience::Seat(audience);
    CHECK_FALSE(audience->isEmpty());
    CHECK(first == 2);
    kept = {};
    CHECK(audience->isEmpty());
}
