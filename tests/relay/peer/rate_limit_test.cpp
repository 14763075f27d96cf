// What a publisher is told in RTCP of our own, as it leaves for the wire: limits and keyframe requests.
#include "relay/gst/bin.h"
#include "relay/gst/buffer_map.h"
#include "relay/peer/peer.h"
#include "relay/rtp/bandwidth_message.h"
#include "relay/rtp/feedback.h"

#include "relay/support/peers.h"
#include "support/catch.h"
#include "support/leak_guard.h"
#include "support/turns.h"

#include <gst/video/video.h>

using namespace spillway;
using namespace spillway::relay;
using namespace spillway::test;

namespace {

/// The limits that were told and the SSRCs that keyframes were asked of, in order. Any thread.
struct Told {
    std::mutex mutex;
    std::vector<std::uint64_t> limits;
    std::vector<std::uint32_t> asked;

    void note(std::span<const std::uint8_t> rtcp) {
        for (const auto& said : rtp::readFeedback(rtcp)) {
            const auto* bandwidth = std::get_if<rtp::Bandwidth>(&said);
            const std::lock_guard lock(mutex);
            if (bandwidth) limits.push_back(bandwidth->bitsPerSecond);
            if (const auto* wanted = std::get_if<rtp::KeyframeWanted>(&said)) asked.push_back(wanted->ssrc);
        }
    }
    std::vector<std::uint64_t> take() {
        const std::lock_guard lock(mutex);
        return std::exchange(limits, {});
    }
    std::vector<std::uint32_t> takeAsked() {
        const std::lock_guard lock(mutex);
        return std::exchange(asked, {});
    }
    std::size_t count() {
        const std::lock_guard lock(mutex);
        return limits.size();
    }
};

/// A publisher whose offer takes REMB, or does not, and a peer that would tell it.
struct Session {
    explicit Session(bool takesRemb = true)
        : publisher(loop, smallPublisher())
        , receiver(loop) {
        receiver.settings.limitsRate = true;
        receiver.peer = std::make_unique<Peer>(loop, receiver.settings, receiver.events());
        std::string offer = offerOf(loop, publisher);
        const std::string line = "a=rtcp-fb:96 nack pli\r\n";
        if (takesRemb) offer.insert(offer.find(line), "a=rtcp-fb:96 goog-remb\r\n");
        answer = receiver.answer(loop, offer).sdp;
    }

    void connect() {
        REQUIRE(publisher.answer(answer));
        REQUIRE(loop.runUntil([&] { return receiver.sinks->buffers(MediaKind::video) > 10; }, 10s));
        for (const auto& encoder :
             gst::elementsOf(receiver.sinks->of(MediaKind::video)->pipeline, "dtlssrtpenc")) {
            const auto pad = gst::staticPad(encoder.get(), "rtcp_sink_0");
            const auto note = [seen = told](GstPadProbeInfo* info) {
                seen->note(gst::BufferMap(gst_pad_probe_info_get_buffer(info)).bytes());
                return GST_PAD_PROBE_OK;
            };
            probes.emplace_back(pad.get(), GST_PAD_PROBE_TYPE_BUFFER, note);
        }
    }
    /// Once the session's own RTCP has passed.
    void limit(std::uint64_t bitsPerSecond) {
        receiver.peer->limitRate(bitsPerSecond);
        REQUIRE(loop.runUntil([&] { return told->count() > 0; }, 10s));
        REQUIRE(told->take().front() == bitsPerSecond);
    }

    Loop loop;
    std::shared_ptr<Told> told = std::make_shared<Told>();
    std::vector<gst::PadProbe> probes;
    Publisher publisher;
    Receiver receiver;
    std::string answer;
};

using Limits = std::vector<std::uint64_t>;

} // namespace

TEST_CASE("a publisher is told at once, however soon after it was told before") {
    Session session;
    session.connect();
    REQUIRE(session.receiver.peer->takesRateLimit());
    session.limit(100'000);
    for (const std::uint64_t limit : {std::uint64_t{30'000}, std::uint64_t{40'000}, std::uint64_t{50'000}}) {
        session.receiver.peer->limitRate(limit);
        CHECK(session.told->take() == Limits{limit});
        session.receiver.peer->limitRate(std::nullopt);
        CHECK(session.told->take() == Limits{rtp::unlimited});
    }
    CHECK(session.receiver.peer->rateLimit() == std::nullopt);
}

TEST_CASE("a keyframe is asked for at once, however soon after the last request") {
    Session session;
    session.connect();
    const auto video = session.receiver.sinks->of(MediaKind::video);
    // An event makes the session send its first report.
    const auto pad = gst::staticPad(video->sink.get(), "sink");
    gst_pad_push_event(pad.get(), gst_video_event_new_upstream_force_key_unit(GST_CLOCK_TIME_NONE, FALSE, 0));
    REQUIRE(session.loop.runUntil([&] { return video->sendPli(); }, 10s));
    session.told->takeAsked();
    for (int i = 0; i < 3; ++i) {
        CHECK(video->sendPli());
        CHECK(session.told->takeAsked() == std::vector<std::uint32_t>{video->ssrc});
    }
}

TEST_CASE("a limit is repeated as long as it holds, its end a few times") {
    Session session;
    session.connect();
    session.limit(100'000);
    session.told->take();
    REQUIRE(session.loop.runUntil([&] { return session.told->count() >= 5; }, 8s));
    for (const std::uint64_t limit : session.told->take())
        CHECK(limit == 100'000);
    session.receiver.peer->limitRate(std::nullopt);
    REQUIRE(session.loop.runUntil([&] { return session.told->count() >= 5; }, 8s));
    nothingComes(session.loop, 2s);
    CHECK(session.told->take() == Limits(5, rtp::unlimited));
}

TEST_CASE("a limit from before anything can be sent is told when it can") {
    Session session;
    session.receiver.peer->limitRate(70'000);
    session.connect();
    REQUIRE(session.loop.runUntil([&] { return session.told->count() > 0; }, 10s));
    CHECK(session.told->take().front() == 70'000);
}

TEST_CASE("the answer takes REMB where the offer does") {
    Session session;
    CHECK_THAT(session.answer, Catch::Contains("a=rtcp-fb:96 goog-remb\r\n"));
    Session other(false);
    CHECK_THAT(other.answer, !Catch::Contains("goog-remb"));
    CHECK_FALSE(other.receiver.peer->takesRateLimit());
}

TEST_CASE("a peer that was told a limit leaves nothing behind") {
    Loop loop;
    const LeakGuard guard;
    {
        Session session;
        session.connect();
        session.limit(100'000);
    }
    guard.require([&] { turn(loop, 1ms); });
}
