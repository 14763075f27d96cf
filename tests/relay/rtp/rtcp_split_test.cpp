#include "relay/rtp/rtcp_split.h"

#include "support/catch.h"

using spillway::relay::rtp::FeedbackSplitter;
using Bytes = std::vector<std::uint8_t>;

namespace {

constexpr std::uint8_t us = 7;

Bytes report(std::initializer_list<std::uint8_t> about) {
    Bytes packet{static_cast<std::uint8_t>(0x80U | about.size()),
                 201,
                 0,
                 static_cast<std::uint8_t>(1 + 6 * about.size()),
                 0,
                 0,
                 0,
                 us};
    for (const std::uint8_t ssrc : about) {
        packet.insert(packet.end(), {0, 0, 0, ssrc});
        packet.insert(packet.end(), 20, 0);
    }
    return packet;
}
Bytes description() {
    return {0x81, 202, 0, 2, 0, 0, 0, us, 1, 1, 'x', 0};
}
Bytes pli(std::uint8_t media) {
    return {0x81, 206, 0, 2, 0, 0, 0, us, 0, 0, 0, media};
}
Bytes nack(std::uint8_t media) {
    return {0x81, 205, 0, 3, 0, 0, 0, us, 0, 0, 0, media, 0, 1, 0, 0};
}

Bytes joined(std::initializer_list<Bytes> packets) {
    Bytes all;
    for (const Bytes& packet : packets)
        all.insert(all.end(), packet.begin(), packet.end());
    return all;
}

/// By one that has seen nothing.
std::vector<Bytes> splitFeedback(std::span<const std::uint8_t> compound) {
    return FeedbackSplitter{}.split(compound);
}

} // namespace

TEST_CASE("feedback behind reports on other streams goes by itself, a PLI behind a report on its stream") {
    const auto parts = splitFeedback(joined({report({1, 2}), description(), pli(2), nack(1)}));
    REQUIRE(parts.size() == 3);
    CHECK(parts[0] == joined({report({1, 2}), description()}));
    CHECK(parts[1] == joined({report({2}), description(), pli(2)}));
    CHECK(parts[2] == joined({report({}), description(), nack(1)}));
}

TEST_CASE("what was parted is not parted again, and neither is what has no feedback") {
    for (const Bytes& part : splitFeedback(joined({report({1}), description(), pli(2), nack(1)})))
        CHECK(splitFeedback(part).empty());
    CHECK(splitFeedback(joined({report({1, 2}), description()})).empty());
    CHECK(splitFeedback(nack(2)).empty());
}

TEST_CASE("feedback without reports is parted message by message") {
    const auto parts = splitFeedback(joined({pli(2), nack(1)}));
    REQUIRE(parts.size() == 2);
    CHECK(parts[0] == joined({report({2}), pli(2)}));
    CHECK(parts[1] == joined({report({}), nack(1)}));
}

TEST_CASE("a PLI behind an empty report, or behind none, gets one on its stream, as it was reported last") {
    CHECK(splitFeedback(pli(2)) == std::vector<Bytes>{joined({report({2}), pli(2)})});
    const Bytes alone = joined({report({}), description(), pli(2)});
    CHECK(splitFeedback(alone) == std::vector<Bytes>{joined({report({2}), description(), pli(2)})});
    const Bytes goodbye{0x81, 203, 0, 1, 0, 0, 0, us};
    CHECK(splitFeedback(joined({report({}), goodbye, pli(2)})) ==
          std::vector<Bytes>{joined({report({}), goodbye}), joined({report({2}), pli(2)})});
    FeedbackSplitter splitter;
    Bytes known = report({1, 2});
    known[known.size() - 9] = 9; // jitter
    known.back() = 9;            // delay since the last sender report
    CHECK(splitter.split(known).empty());
    Bytes about = report({2});
    about[about.size() - 9] = 9;
    CHECK(splitter.split(alone) == std::vector<Bytes>{joined({about, description(), pli(2)})});
}

TEST_CASE("a packet whose lengths do not add up is left as it is") {
    const Bytes good = joined({report({1}), description(), pli(2)});
    REQUIRE_FALSE(splitFeedback(good).empty());
    for (std::size_t size = 0; size < good.size(); ++size) {
        const auto parts = splitFeedback(std::span(good).first(size));
        INFO(size);
        CHECK(parts.empty());
    }
    Bytes wrong = good;
    wrong[3] = 200;
    CHECK(splitFeedback(wrong).empty());
}
