#include "relay/outputs/record/participant/interleaver.h"

#include "support/catch.h"

#include <string>

using namespace spillway::relay;
using namespace std::chrono_literals;

namespace {

constexpr Clock::time_point start{1h};

struct Item {
    std::string name;
    Clock::time_point order;
    Clock::time_point arrived;
    std::size_t bytes = 100;
};

Item item(const std::string& name, Clock::duration order, Clock::duration arrived) {
    return {name, start + order, start + arrived};
}

/// With tracks 1 and 2.
Interleaver<Item> ofTwoTracks(std::size_t most = 10'000) {
    Interleaver<Item> interleaver(1s);
    interleaver.join(1, most);
    interleaver.join(2, most);
    return interleaver;
}

std::string all(Interleaver<Item>& interleaver, bool drain = false) {
    std::string names;
    while (const auto next = interleaver.next(drain))
        names += next->second.name;
    return names;
}

} // namespace

TEST_CASE("frames of two tracks go out in the order of decoding, whoever comes first") {
    auto interleaver = ofTwoTracks();
    interleaver.add(1, item("a", 0ms, 0ms));
    interleaver.add(1, item("c", 40ms, 40ms));
    CHECK(all(interleaver).empty());
    interleaver.add(2, item("b", 20ms, 600ms));
    CHECK(all(interleaver) == "ab");
    interleaver.add(2, item("d", 60ms, 640ms));
    CHECK(all(interleaver) == "c");
    CHECK(all(interleaver, true) == "d");
    CHECK(interleaver.isEmpty());
}

TEST_CASE("a track that is silent is waited for no longer than that, and its frames come late then") {
    auto interleaver = ofTwoTracks();
    interleaver.add(1, item("a", 0ms, 0ms));
    interleaver.add(1, item("c", 900ms, 900ms));
    CHECK(all(interleaver).empty());
    interleaver.add(1, item("d", 1s, 1s));
    CHECK(all(interleaver) == "a");
    interleaver.add(2, item("b", 20ms, 1100ms));
    CHECK(all(interleaver) == "b");
}

TEST_CASE("a track that left is not waited for, and what it had still goes out") {
    auto interleaver = ofTwoTracks();
    interleaver.add(1, item("a", 0ms, 0ms));
    interleaver.add(2, item("b", 10ms, 10ms));
    interleaver.add(1, item("c", 20ms, 20ms));
    interleaver.leave(2);
    CHECK(all(interleaver) == "abc");
    CHECK_FALSE(interleaver.has(2));
}

TEST_CASE("a track that holds as much as it may waits for nobody") {
    auto interleaver = ofTwoTracks(250);
    for (int i = 0; i < 4; ++i)
        interleaver.add(1, item(std::string(1, static_cast<char>('a' + i)), i * 1ms, i * 1ms));
    CHECK(all(interleaver) == "ab");
}
