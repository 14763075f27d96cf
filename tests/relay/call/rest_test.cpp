#include "relay/call/rest.h"

#include "support/catch.h"

using namespace spillway::relay;
using namespace std::chrono_literals;

namespace {

constexpr std::uint64_t rest = 100'000;
constexpr std::uint64_t sound = 40'000;
const Clock::time_point now = Clock::now();
constexpr auto linger = 10s;

RestingTrack picture(std::optional<Clock::duration> unwatchedFor) {
    return {MediaKind::video, unwatchedFor ? std::optional(now - *unwatchedFor) : std::nullopt, 0};
}

RestingTrack tone(std::optional<Clock::duration> unwatchedFor) {
    auto track = picture(unwatchedFor);
    track.kind = MediaKind::audio;
    track.bitsPerSecond = sound;
    return track;
}

std::optional<std::uint64_t> limitOf(const std::vector<RestingTrack>& tracks) {
    return restLimit(tracks, rest, linger, now);
}

} // namespace

TEST_CASE("a publisher rests once nobody has watched any of its pictures for linger") {
    CHECK(limitOf({picture(10s)}) == rest);
    CHECK(limitOf({picture(10s), picture(1h)}) == rest);
    CHECK_FALSE(limitOf({picture(9999ms)}));
    CHECK_FALSE(limitOf({picture(std::nullopt)}));
    CHECK_FALSE(limitOf({picture(1h), picture(std::nullopt)}));
    CHECK_FALSE(limitOf({picture(1h), picture(1s)}));
    CHECK(restLimit({picture(0s)}, rest, 0s, now) == rest);
}

TEST_CASE("sound that somebody listens to comes on top, and keeps no picture awake") {
    CHECK(limitOf({picture(1h), tone(std::nullopt)}) == rest + sound);
    CHECK(limitOf({picture(1h), tone(1s)}) == rest + sound);
    CHECK(limitOf({picture(1h), tone(1h)}) == rest);
    CHECK_FALSE(limitOf({picture(std::nullopt), tone(1h)}));
}

TEST_CASE("who sends no picture never rests") {
    CHECK_FALSE(limitOf({}));
    CHECK_FALSE(limitOf({tone(1h)}));
}

TEST_CASE("the rate of a sound is its highest, with what is around each packet, and outlives its stream") {
    PeakRate rate;
    rate.note(1000, 100'000, now);
    CHECK(rate.bitsPerSecond() == 0);
    rate.note(1050, 104'000, now + 1s);
    CHECK(rate.bitsPerSecond() == 8 * (4000 + 50 * 38));
    rate.note(1051, 104'010, now + 1100ms); // too soon to say
    CHECK(rate.bitsPerSecond() == 47'200);
    rate.note(1060, 104'100, now + 3s);
    CHECK(rate.bitsPerSecond() == 47'200);
    rate.note(2, 100, now + 4s); // another stream
    CHECK(rate.bitsPerSecond() == 47'200);
    rate.note(102, 8100, now + 5s);
    CHECK(rate.bitsPerSecond() == 8 * (8000 + 100 * 38));
}
