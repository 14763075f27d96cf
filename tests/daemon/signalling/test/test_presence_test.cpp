#include "daemon/signalling/test/test_presence.h"
#include "relay/relay.h"
#include "support/catch.h"
#include "support/settings.h"

#include <algorithm>
#include <set>

using namespace spillway;
using namespace std::chrono_literals;

namespace {

struct Demo {
    explicit Demo(config::TestJoin join)
        : relay(loop, {}, test::noViewers())
        , call(relay.addCall(settings(join)))
        , presence(std::make_unique<daemon::TestPresence>(loop, call, join)) {}
    ~Demo() {
        presence.reset();
        bool closed = false;
        relay.close([&] { closed = true; });
        loop.runUntil([&] { return closed; }, 10s);
    }

    static config::CallSettings settings(const config::TestJoin& join) {
        config::CallSettings settings;
        settings.name = "demo";
        settings.join = join;
        return settings;
    }
    /// Those that have a source; a track that waits for its participant is none of them.
    std::set<std::string> tracks() const {
        std::set<std::string> names;
        for (const auto& track : relay.snapshot().tracks)
            if (track.state == relay::TrackState::live) names.insert(track.name.text() + " " + track.codec);
        return names;
    }
    bool until(const std::set<std::string>& wanted) {
        return loop.runUntil([&] { return tracks() == wanted; }, 20s);
    }

    relay::Loop loop;
    relay::Relay relay;
    relay::Call& call;
    std::unique_ptr<daemon::TestPresence> presence;
};

config::TestJoin small(std::uint32_t participants, std::chrono::milliseconds churn = 0ms) {
    return {participants, 160, 120, 10, churn};
}

} // namespace

TEST_CASE("the participants of a test call publish camera and microphone, one of them H.264") {
    Demo demo(small(2));
    CHECK(demo.until({"demo/alice/camera VP8", "demo/alice/microphone OPUS", "demo/bob/camera H264",
                      "demo/bob/microphone OPUS"}));
    demo.presence.reset();
    CHECK(demo.tracks().empty());
    CHECK(demo.relay.snapshot().calls.front().state == relay::CallState::left);
}

TEST_CASE("with churn a participant leaves, returns, and switches the camera off and on") {
    Demo demo(small(1, 1500ms));
    const std::set<std::string> all{"demo/alice/camera VP8", "demo/alice/microphone OPUS"};
    REQUIRE(demo.until(all));
    CHECK(demo.until({}));
    CHECK(demo.until(all));
    CHECK(demo.until({"demo/alice/microphone OPUS"}));
    CHECK(demo.until(all));
}

TEST_CASE("a test participant that was lost joins again") {
    Demo demo(small(1));
    const std::set<std::string> all{"demo/alice/camera VP8", "demo/alice/microphone OPUS"};
    REQUIRE(demo.until(all));
    // Somebody of the same name takes over and leaves.
    relay::Publisher other(demo.loop, {"other", 160, 120, 10});
    std::string offer;
    other.offer([&](const std::string& sdp) { offer = sdp; });
    REQUIRE(demo.loop.runUntil([&] { return !offer.empty(); }, 10s));
    relay::PublishRequest request;
    request.participant = "alice";
    request.offer = offer;
    request.loopbackOnly = true;
    auto publication = demo.call.publish(
        request, {[&](const relay::LocalDescription& answer) { other.answer(answer.sdp); }, {}});
    REQUIRE(demo.loop.runUntil(
        [&] { return demo.relay.snapshot().calls.front().reconnects.at("replaced") == 1; }, 20s));
    publication.reset();
    CHECK(demo.until(all));
}
