#include "relay/rtp/capture_clock.h"

#include "support/catch.h"

#include <cmath>
#include <cstdlib>

using namespace spillway::relay;
using namespace spillway::relay::rtp;
using namespace std::chrono_literals;

namespace {

constexpr std::uint32_t videoRate = 90000;
constexpr std::uint32_t audioRate = 48000;

std::uint64_t ntp(std::chrono::nanoseconds time) {
    const auto whole = std::chrono::floor<std::chrono::seconds>(time);
    const auto rest = static_cast<std::uint64_t>((time - whole).count());
    return static_cast<std::uint64_t>(whole.count()) << 32U | (rest << 32U) / 1'000'000'000;
}

/// A camera and a microphone whose clock ran for `since` when ours shows `start`, and is off by `drift`.
struct Sender {
    explicit Sender(
        std::shared_ptr<SenderClocks> ofPeer = std::make_shared<SenderClocks>(SenderClocks::Senders::one))
        : clocks(std::move(ofPeer)) {}

    std::chrono::nanoseconds clockAt(std::chrono::nanoseconds time) const {
        return since +
               std::chrono::nanoseconds(std::llround(static_cast<double>(time.count()) * (1 + drift)));
    }
    static std::uint32_t ticks(std::chrono::nanoseconds time, std::uint32_t rate) {
        const auto whole = std::chrono::floor<std::chrono::seconds>(time);
        return static_cast<std::uint32_t>(whole.count() * rate +
                                          (time - whole).count() * rate / 1'000'000'000);
    }
    /// What is captured at that time, by both counters.
    std::uint32_t videoAt(std::chrono::nanoseconds time) const {
        return 1000 + ticks(clockAt(time), videoRate);
    }
    std::uint32_t audioAt(std::chrono::nanoseconds time) const {
        return ticks(clockAt(time), audioRate) - 5000;
    }

    void reportVideo(std::chrono::nanoseconds time, std::chrono::nanoseconds delay) {
        video.onReport({1, ntp(clockAt(time)), videoAt(time), cname}, start + time + delay, videoRate);
    }
    void reportAudio(std::chrono::nanoseconds time, std::chrono::nanoseconds delay) {
        audio.onReport({2, ntp(clockAt(time)), audioAt(time), cname}, start + time + delay, audioRate);
    }
    /// By how much the picture of that time is told to be later than its sound.
    std::chrono::milliseconds skew(std::chrono::nanoseconds time) const {
        const auto picture = video.capturedAt(videoAt(time), videoRate);
        const auto sound = audio.capturedAt(audioAt(time), audioRate);
        REQUIRE(picture);
        REQUIRE(sound);
        return std::chrono::round<std::chrono::milliseconds>(*picture - *sound);
    }

    static constexpr Clock::time_point start{100h};
    std::shared_ptr<SenderClocks> clocks;
    std::chrono::nanoseconds since = 3'900'000'000s;
    double drift = 0;
    std::string cname = "alice";
    CaptureClock video{clocks, start};
    CaptureClock audio{clocks, start};
};

} // namespace

TEST_CASE("picture and sound are told to be together however late their reports come") {
    Sender sender;
    CHECK_FALSE(sender.video.capturedAt(0, videoRate));
    sender.reportAudio(1s, 20ms);
    sender.reportVideo(1200ms, 900ms);
    CHECK(sender.skew(1500ms) == 0ms);
    sender.reportVideo(2s, 30ms);
    sender.reportAudio(5s, 400ms);
    CHECK(sender.skew(6s) == 0ms);
    // The fastest report tells our time.
    CHECK(*sender.video.timestampAt(Sender::start + 3s + 20ms, videoRate) - sender.videoAt(3s) <= 1);
}

TEST_CASE("they stay together for ten minutes of a clock that drifts by 200 ppm") {
    for (const double drift : {200e-6, -200e-6}) {
        Sender sender;
        sender.drift = drift;
        for (auto now = 0s; now <= 600s; now += 1s) {
            sender.reportVideo(now, now.count() % 7 * 3ms);
            if (now.count() % 5 == 0) sender.reportAudio(now, now.count() % 3 * 10ms);
            if (now > 5s) REQUIRE(std::chrono::abs(sender.skew(now)) <= 2ms);
        }
        const auto told = *sender.video.capturedAt(sender.videoAt(600s), videoRate);
        CHECK(std::chrono::abs(told - (Sender::start + 600s)) <= 25ms);
    }
}

TEST_CASE("a sender may set its clock, and one report that was held up changes nothing") {
    Sender sender;
    sender.reportVideo(1s, 0ms);
    sender.reportAudio(1s, 0ms);
    sender.reportVideo(2s, 5s);
    CHECK(sender.skew(2s) == 0ms);
    CHECK(*sender.video.capturedAt(sender.videoAt(2s), videoRate) == Sender::start + 2s);

    const auto before = sender.audioAt(4s);
    sender.since -= 1h;
    sender.reportVideo(4s, 0ms);
    sender.reportVideo(5s, 0ms);
    // Of the sound nothing is known of the new time yet; the old one holds.
    CHECK(std::chrono::abs(*sender.audio.capturedAt(before, audioRate) - (Sender::start + 4s)) <= 1ms);
    CHECK(std::chrono::abs(*sender.video.capturedAt(sender.videoAt(5s), videoRate) - (Sender::start + 5s)) <=
          1ms);
    sender.reportAudio(6s, 0ms);
    CHECK(sender.skew(6s) == 0ms);
}

TEST_CASE("of many who send by one peer each has a clock of its own, and a sender without CNAME too") {
    const auto clocks = std::make_shared<SenderClocks>(SenderClocks::Senders::many);
    Sender alice(clocks);
    Sender bob(clocks);
    bob.cname = "bob";
    bob.since = alice.since + 700ms; // which one clock for both would take for a delay
    alice.reportVideo(1s, 0ms);
    bob.reportVideo(1s, 0ms);
    CHECK(*alice.video.capturedAt(alice.videoAt(1s), videoRate) == Sender::start + 1s);
    CHECK(*bob.video.capturedAt(bob.videoAt(1s), videoRate) == Sender::start + 1s);

    Sender nameless(clocks);
    nameless.cname.clear();
    nameless.reportAudio(1s, 0ms);
    nameless.since += 700ms;
    nameless.reportVideo(1s, 0ms);
    CHECK(*nameless.audio.timestampAt(Sender::start + 1s, audioRate) + 700 * 48 == nameless.audioAt(1s));
    CHECK(*nameless.video.capturedAt(nameless.videoAt(1s), videoRate) == Sender::start + 1s);
}

TEST_CASE("a first report is awaited for some seconds, and one without a clock is none") {
    Sender sender;
    CHECK(sender.video.isAwaited(Sender::start + 3900ms));
    CHECK_FALSE(sender.video.isAwaited(Sender::start + 4s));
    sender.video.onReport({1, 0, 1000, "alice"}, Sender::start + 1s, videoRate);
    CHECK(sender.video.isAwaited(Sender::start + 1s));
    CHECK_FALSE(sender.video.timestampAt(Sender::start + 1s, videoRate));
    sender.reportVideo(1s, 0ms);
    CHECK_FALSE(sender.video.isAwaited(Sender::start + 1s));
}

TEST_CASE("of reports that tell when something was sent the earliest counts, until its window is over") {
    Sender sender;
    const auto told = [&] { return *sender.video.capturedAt(sender.videoAt(0s), videoRate) - Sender::start; };
    const auto sentLate = [&](std::chrono::nanoseconds time, std::chrono::nanoseconds late) {
        sender.video.onReport({1, ntp(sender.clockAt(time)), sender.videoAt(time - late), "alice"},
                              Sender::start + time, videoRate);
    };
    sentLate(1s, 30ms);
    CHECK(std::chrono::abs(told() - 30ms) <= 1ms);
    sentLate(2s, 10ms);
    sentLate(3s, 40ms);
    CHECK(std::chrono::abs(told() - 10ms) <= 1ms);
    sentLate(12s, 25ms);
    CHECK(std::chrono::abs(told() - 10ms) <= 1ms);
    sentLate(23s, 20ms);
    CHECK(std::chrono::abs(told() - 20ms) <= 1ms);
    sentLate(24s, 1h); // the counter of its timestamps began anew
    CHECK(std::chrono::abs(told() - 1h) <= 1ms);
}

TEST_CASE("no report makes the clocks overflow") {
    Sender sender;
    for (const std::uint64_t time : {~std::uint64_t{0}, std::uint64_t{1}, ~std::uint64_t{0} >> 1U})
        for (int again = 0; again < 2; ++again)
            sender.video.onReport({1, time, 0xFFFFFFFF, "alice"}, Sender::start, videoRate);
    CHECK(sender.video.timestampAt(Sender::start, videoRate) == 0xFFFFFFFF);
}
