#include "relay/outputs/webrtc/worker/placement.h"

#include "support/catch.h"

#include <vector>

using namespace spillway::relay::webrtc;

namespace {

/// How many each worker has, after so many viewers of one track.
std::vector<std::size_t> spread(std::size_t workers, std::size_t viewers) {
    std::vector<WorkerLoad> loads(workers);
    for (std::size_t i = 0; i < viewers; ++i) {
        WorkerLoad& chosen = loads[placeFor(loads)];
        ++chosen.viewers;
        chosen.hasTrack = true;
    }
    std::vector<std::size_t> counts;
    for (const WorkerLoad& load : loads)
        counts.push_back(load.viewers);
    return counts;
}

} // namespace

TEST_CASE("the viewers of a track stay together, up to a crowd, and then spread evenly") {
    CHECK(spread(3, crowd) == std::vector<std::size_t>{crowd, 0, 0});
    CHECK(spread(3, crowd + 1) == std::vector<std::size_t>{crowd, 1, 0});
    CHECK(spread(3, 3 * crowd) == std::vector(3, crowd));
    CHECK(spread(3, 30 * crowd) == std::vector(3, 10 * crowd));
    CHECK(spread(1, 2 * crowd) == std::vector{2 * crowd});
}

TEST_CASE("a viewer of another track goes to who has the fewest") {
    CHECK(placeFor(std::vector<WorkerLoad>{{3, false}, {2, false}, {4, false}}) == 1);
}

TEST_CASE("who comes takes the place of who left, at the least busy that has the track") {
    CHECK(placeFor(std::vector<WorkerLoad>{{12, true}, {9, true}, {0, false}}) == 1);
    CHECK(placeFor(std::vector<WorkerLoad>{{crowd, true}, {crowd - 1, true}, {0, false}}) == 1);
    CHECK(placeFor(std::vector<WorkerLoad>{{crowd, true}, {crowd, true}, {0, false}}) == 2);
}
