#include "relay/base/pending.h"

#include "support/catch.h"

#include <string>
#include <vector>

using spillway::relay::Pending;

namespace {

/// Who waits, and who had to go.
struct Queue {
    void add(const std::string& client) {
        const auto number = places.size();
        places.push_back(pending.add(client, [this, number] { out.push_back(number); }));
    }

    Pending pending{{4, 3}};
    std::vector<Pending::Place> places;
    std::vector<std::size_t> out;
};

} // namespace

TEST_CASE("of a client that has its share the oldest goes, and nobody else's") {
    Queue queue;
    for (const char* client : {"b", "a", "a", "a", "a", "a"})
        queue.add(client);
    CHECK(queue.out == std::vector<std::size_t>{1, 2});
    CHECK(queue.pending.size() == 4);
}

TEST_CASE("when all places are taken the oldest goes of the client that has most") {
    Queue queue;
    for (const char* client : {"b", "a", "a", "c", "d", "e", "f"})
        queue.add(client);
    CHECK(queue.out == std::vector<std::size_t>{1, 0, 2});
    CHECK(queue.pending.size() == 4);
}

TEST_CASE("who is connected or gone is in nobody's way, and is not ended any more") {
    Queue queue;
    for (int i = 0; i < 10; ++i) {
        queue.add("a");
        queue.places.back() = {};
    }
    CHECK(queue.pending.size() == 0);
    CHECK(queue.out.empty());
    queue.add("a");
    const Pending::Place moved = std::move(queue.places.back());
    CHECK(queue.pending.size() == 1);
}
