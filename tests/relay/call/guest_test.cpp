// A call that this daemon is a guest in. The SFU is a synthetic publisher: to the relay, one peer that offers
// a video and an audio line; who sends on them is what the test says. (A whole SFU:
// tests/interop/janus_*.test.mjs.)
#include "relay/jitter/element.h"
#include "relay/relay.h"
#include "relay/synthetic/publisher.h"
#include "support/catch.h"
#include "support/leak_guard.h"
#include "support/settings.h"
#include "support/turns.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <optional>

using namespace spillway;
using namespace spillway::relay;
using namespace spillway::test;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

std::string midOf(const std::string& sdp, const std::string& kind) {
    const auto at = sdp.find("a=mid:", sdp.find("m=" + kind)) + 6;
    return sdp.substr(at, sdp.find_first_of("\r\n", at) - at);
}

/// The daemon in somebody else's call.
struct Visit {
    Loop loop; ///< first: its context is the process's
    test::LeakGuard guard;
    std::string folder = (fs::temp_directory_path() / "spillway-XXXXXX").string();
    std::optional<Relay> relay;
    Call* call = nullptr;
    std::vector<Event> events;
    std::vector<std::pair<LineOwner, bool>> wanted;

    struct Side {
        std::unique_ptr<Publisher> sfu;
        std::unique_ptr<Guest> guest;
        LineOwners owners;
        bool connected = false;
        std::optional<NegotiationError> refusal;
        std::optional<LostCause> lost;
    };
    std::vector<std::unique_ptr<Side>> sides;

    explicit Visit(config::Unwatched unwatched = config::Unwatched::drain) {
        REQUIRE(mkdtemp(folder.data()));
        relay.emplace(loop, config::LimitSettings{}, test::noViewers());
        relay->onEvent([this](const Event& event) { events.push_back(event); });
        config::CallSettings settings;
        settings.name = "standup";
        settings.join = config::JanusJoin{};
        settings.mediaTimeout = 1500ms;
        settings.unwatched = unwatched;
        settings.linger = 300ms;
        call = &relay->addCall(settings);
        call->setState(CallState::joined, "");
    }
    ~Visit() {
        bool closed = false;
        relay->close([&] { closed = true; });
        CHECK(loop.runUntil([&] { return closed; }, 10s));
        sides.clear();
        relay.reset();
        fs::remove_all(folder);
        guard.require([this] { turn(loop, 1ms); });
    }

    /// A peer towards the SFU, whose lines are alice's.
    Side& join() {
        sides.push_back(std::make_unique<Side>());
        Side& side = *sides.back();
        PublisherSettings settings;
        settings.width = 320;
        settings.height = 180;
        side.sfu = std::make_unique<Publisher>(loop, settings);
        GuestEvents news;
        news.onAnswer = [&side](const LocalDescription& answer) {
            side.refusal = answer.error;
            if (!answer.error) side.sfu->answer(answer.sdp);
        };
        news.onConnected = [&side] { side.connected = true; };
        news.onLost = [&side](LostCause cause, const std::string&) { side.lost = cause; };
        news.onWanted = [this](const LineOwner& track, bool wish) { wanted.emplace_back(track, wish); };
        side.guest = call->addGuest({{}, true}, std::move(news));
        side.sfu->offer([&side](const std::string& sdp) {
            side.owners = {{midOf(sdp, "video"), {"alice", "camera"}},
                           {midOf(sdp, "audio"), {"alice", "microphone"}}};
            side.guest->acceptOffer(sdp, side.owners);
        });
        return side;
    }

    std::optional<TrackSnapshot> track(const std::string& participant, const std::string& source) const {
        for (const auto& candidate : relay->snapshot().tracks)
            if (candidate.name == TrackName{"standup", participant, source}) return candidate;
        return std::nullopt;
    }
    bool flows(const std::string& participant) const {
        const auto camera = track(participant, "camera");
        const auto microphone = track(participant, "microphone");
        return camera && microphone && camera->state == TrackState::live &&
               microphone->state == TrackState::live && camera->receivedPackets > 10;
    }
    void until(const std::function<bool()>& done) { REQUIRE(loop.runUntil(done, 15s)); }

    void record(const std::string& tracks) {
        config::SubscriptionSettings subscription;
        subscription.name = "archive";
        subscription.tracks = config::TrackGlob::parse(tracks);
        subscription.output = config::RecordOutput{folder, config::RecordFiles::track, 600s, {}, {}};
        relay->addSubscription(subscription);
    }
    std::uint64_t delivered() const {
        const auto snapshot = relay->snapshot();
        std::uint64_t sum = 0;
        for (const auto& subscriber : snapshot.subscriptions.at(0).subscribers)
            sum += subscriber.queue.delivered;
        return sum;
    }
    bool happened(const std::string& subject, const std::string& state) const {
        return std::any_of(events.begin(), events.end(), [&](const Event& event) {
            return (event.track == subject || event.call == subject) && event.state == state;
        });
    }
};

} // namespace

TEST_CASE("a guest's tracks are called after who sends on their lines") {
    Visit visit;
    visit.join();
    visit.until([&] { return visit.flows("alice"); });
    CHECK(visit.track("alice", "camera")->draining);
    CHECK(visit.happened("standup/alice/camera", "live"));
}

TEST_CASE("a line that goes to somebody else ends one track and begins another, on the same SSRC") {
    Visit visit;
    auto& side = visit.join();
    visit.until([&] { return visit.flows("alice"); });
    LineOwners owners = side.owners;
    for (auto& [mid, owner] : owners)
        owner.participant = "dave";
    side.guest->setOwners(owners);
    CHECK_FALSE(visit.track("alice", "camera"));
    visit.until([&] { return visit.flows("dave"); });
    side.guest->setOwners({});
    CHECK(visit.relay->snapshot().tracks.empty());
    side.guest->setOwners(side.owners);
    visit.until([&] { return visit.flows("alice"); });
}

TEST_CASE("lines that change hands hundreds of times, watched or not, leave nothing") {
    Visit visit;
    auto& side = visit.join();
    visit.until([&] { return visit.flows("alice"); });
    visit.record("*/*/*");
    for (int round = 0; round < 300; ++round) {
        LineOwners owners = side.owners;
        for (auto& [mid, owner] : owners)
            owner.participant = "p" + std::to_string(round % 7);
        if (round % 5 == 0) owners.clear();
        side.guest->setOwners(owners);
        turn(visit.loop, std::chrono::milliseconds(round % 4));
    }
    side.guest->setOwners(side.owners);
    visit.until([&] { return visit.flows("alice"); });
    CHECK(visit.relay->snapshot().tracks.size() == 2);
}

TEST_CASE("what nobody owns any more is forgotten in time, however often owners change") {
    Visit visit;
    auto& side = visit.join();
    visit.until([&] { return visit.flows("alice"); });
    const auto before = jitter::liveElements(); // one for each stream that comes in
    side.sfu->freeze();
    for (int round = 0; round < 25; ++round) {
        side.guest->setOwners({});
        nothingComes(visit.loop, 200ms);
    }
    CHECK_FALSE(side.lost);
    CHECK(jitter::liveElements() + 2 <= before);
}

TEST_CASE("a guest that takes over keeps tracks and subscribers, with a gap and no end") {
    Visit visit;
    auto& first = visit.join();
    visit.record("standup/alice/*");
    visit.until([&] { return visit.flows("alice") && visit.delivered() > 10; });
    first.guest->suspend();
    CHECK(visit.track("alice", "camera")->state == TrackState::waiting);
    visit.call->setState(CallState::reconnecting, "a test");
    // Longer than media_timeout: who is on the way back has no deadline of his tracks.
    nothingComes(visit.loop, 2500ms);
    const auto before = visit.delivered();
    visit.join();
    visit.call->setState(CallState::joined, "");
    visit.until([&] { return visit.flows("alice") && visit.delivered() > before + 10; });
    CHECK_FALSE(visit.happened("standup/alice/camera", "ended"));
    CHECK_FALSE(visit.happened("standup/alice/camera", "detached"));
}

TEST_CASE("an SFU that goes silent is lost as a peer, and its tracks wait") {
    Visit visit;
    auto& side = visit.join();
    visit.until([&] { return visit.flows("alice"); });
    side.sfu->freeze();
    visit.until([&] { return side.lost.has_value(); });
    CHECK(*side.lost == LostCause::timeout);
    CHECK(visit.track("alice", "camera")->state == TrackState::waiting);
}

TEST_CASE("who is not back yet when we are keeps the tracks for media_timeout") {
    Visit visit;
    auto& side = visit.join();
    visit.record("standup/alice/*");
    visit.until([&] { return visit.flows("alice"); });
    side.guest->suspend();
    visit.call->setState(CallState::reconnecting, "a test");
    const auto back = Clock::now();
    visit.call->setState(CallState::joined, "");
    visit.call->setMembers({{"bob", "Bob"}});
    nothingComes(visit.loop, 500ms);
    CHECK(visit.track("alice", "camera")->state == TrackState::waiting);
    CHECK_FALSE(visit.happened("standup/alice/camera", "detached"));
    visit.until([&] { return !visit.track("alice", "camera"); });
    CHECK(Clock::now() - back > 1500ms);
}

TEST_CASE("a track that nobody watches is paused after linger, and wanted again with the first subscriber") {
    Visit visit(config::Unwatched::pause);
    visit.join();
    visit.until([&] { return visit.wanted.size() == 2; });
    for (const auto& [track, wish] : visit.wanted)
        CHECK_FALSE(wish);
    CHECK(visit.track("alice", "camera")->state == TrackState::paused);
    visit.wanted.clear();
    visit.record("standup/alice/camera");
    REQUIRE(visit.wanted.size() == 1);
    CHECK(visit.wanted.front() == std::pair(LineOwner{"alice", "camera"}, true));
    CHECK(visit.track("alice", "camera")->state == TrackState::live);
}

TEST_CASE("an offer of another transport is refused as one for a new peer, and what flows flows on") {
    Visit visit;
    auto& side = visit.join();
    visit.until([&] { return visit.flows("alice"); });
    Publisher other(visit.loop, {});
    std::string offer;
    other.offer([&](const std::string& sdp) { offer = sdp; });
    visit.until([&] { return !offer.empty(); });
    side.guest->acceptOffer(offer, side.owners);
    visit.until([&] { return side.refusal.has_value(); });
    CHECK(side.refusal->kind == NegotiationError::Kind::newPeer);
    CHECK(visit.flows("alice"));
}
