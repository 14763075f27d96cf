// Whole calls in one process: synthetic publishers through real webrtcbins into the relay, recorded and
// forwarded.
#include "relay/relay.h"

#include "relay/sdp/viewer_fixtures.h"
#include "relay/synthetic/publisher.h"
#include "support/catch.h"
#include "support/leak_guard.h"
#include "support/settings.h"
#include "support/turns.h"

#include <cstdlib>
#include <filesystem>
#include <optional>

using namespace spillway;
using namespace spillway::relay;
using namespace spillway::test;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

struct Folder {
    Folder() {
        std::string name = (fs::temp_directory_path() / "spillway-XXXXXX").string();
        REQUIRE(mkdtemp(name.data()));
        path = name;
    }
    ~Folder() { fs::remove_all(path); }
    fs::path path;
};

/// The offer of a browser says so.
std::string takingRemb(std::string offer) {
    if (const auto at = offer.find("a=rtcp-fb:96 nack pli\r\n"); at != std::string::npos)
        offer.insert(at, "a=rtcp-fb:96 goog-remb\r\n");
    return offer;
}

/// A relay with the call `studio` and participants in it.
struct Studio {
    Loop loop; ///< first: its context is the process's
    test::LeakGuard guard;
    Folder folder;
    std::optional<Relay> relay;
    Call* call = nullptr;

    struct Participant {
        std::unique_ptr<Publisher> publisher;
        std::unique_ptr<Publication> publication;
        bool answered = false;
        std::string ended;
    };
    std::map<std::string, Participant> participants;

    explicit Studio(config::LimitSettings limits = {}, config::Unwatched unwatched = config::Unwatched::drain,
                    const config::WebrtcSettings& webrtc = test::noViewers()) {
        relay.emplace(loop, limits, webrtc);
        config::CallSettings settings;
        settings.name = "studio";
        settings.mediaTimeout = 2s;
        settings.unwatched = unwatched;
        settings.linger = 300ms;
        call = &relay->addCall(settings);
    }
    ~Studio() {
        bool closed = false;
        relay->close([&] { closed = true; });
        CHECK(loop.runUntil([&] { return closed; }, 10s));
        participants.clear();
        relay.reset();
        guard.require([this] { turn(loop, 1ms); });
    }

    /// `key` distinguishes the sessions of one participant.
    void publish(const std::string& key, const std::string& participant,
                 config::Codec codec = config::Codec::vp8) {
        PublisherSettings settings;
        settings.name = participant;
        settings.width = 320;
        settings.height = 180;
        settings.codec = codec;
        Participant& made = participants[key];
        made.publisher = std::make_unique<Publisher>(loop, settings);
        made.publisher->offer([this, key, participant](const std::string& sdp) {
            PublishRequest request{participant, participant, takingRemb(sdp), "camera", "microphone", true};
            PublishEvents events;
            events.onAnswer = [this, key](const LocalDescription& answer) {
                Participant& self = participants.at(key);
                self.answered = !answer.error && self.publisher->answer(answer.sdp);
            };
            events.onEnded = [this, key](PublicationEnd, const std::string& detail) {
                participants.at(key).ended = detail;
            };
            participants.at(key).publication = call->publish(request, events);
        });
    }

    /// Whether the session has ended by itself.
    bool isOver(const std::string& key) const {
        return participants.at(key).publication->remoteUfrag().empty();
    }

    void turnUntil(const std::function<bool()>& done, std::chrono::milliseconds deadline = 15s) {
        REQUIRE(loop.runUntil(done, deadline));
    }
    void nothingComesFor(std::chrono::milliseconds time) { nothingComes(loop, time); }

    std::optional<TrackSnapshot> track(const std::string& participant, const std::string& source) const {
        for (const auto& candidate : relay->snapshot().tracks)
            if (candidate.name == TrackName{"studio", participant, source}) return candidate;
        return std::nullopt;
    }
    bool isLive(const std::string& participant) const {
        const auto camera = track(participant, "camera");
        return camera && camera->state == TrackState::live && camera->receivedPackets > 10 &&
               track(participant, "microphone");
    }

    std::optional<bool> rests(const std::string& participant) const {
        const auto snapshot = relay->snapshot();
        for (const auto& one : snapshot.calls.at(0).participants)
            if (one.name == participant) return one.resting;
        return std::nullopt;
    }

    void record(const std::string& name, const std::string& tracks, config::QueueSettings queue = {}) {
        config::SubscriptionSettings subscription;
        subscription.name = name;
        subscription.tracks = config::TrackGlob::parse(tracks);
        subscription.output =
            config::RecordOutput{folder.path / name, config::RecordFiles::track, 600s, {}, {}};
        subscription.queue = queue;
        relay->addSubscription(subscription);
    }
    std::optional<SubscriptionSnapshot> subscription(const std::string& name) const {
        for (const auto& candidate : relay->snapshot().subscriptions)
            if (candidate.name == name) return candidate;
        return std::nullopt;
    }

    bool isServed(const std::string& name) const { return !subscription(name)->subscribers.empty(); }

    void changeSegment(const std::string& name, std::chrono::seconds segment) {
        auto next = *relay->findSubscription(name);
        std::get<config::RecordOutput>(next.output).segment = segment;
        relay->putSubscription(next);
    }
    /// In force.
    std::chrono::milliseconds segment(const std::string& name) const {
        return std::get<config::RecordOutput>(subscription(name)->output).segment;
    }

    std::vector<fs::path> files(const std::string& subscription) const {
        std::vector<fs::path> found;
        for (const auto& entry : fs::recursive_directory_iterator(folder.path / subscription))
            if (entry.path().extension() == ".mkv") found.push_back(entry.path());
        std::sort(found.begin(), found.end());
        return found;
    }
};

/// How many media a viewer who comes now is sent, of a picture and a sound; none when it is told to come
/// again.
std::optional<int> watch(Studio& studio, const std::string& participant) {
    try {
        const auto answer = studio.relay->view({"studio", participant, {}, audioAndVideoOffer()}, nullptr);
        studio.relay->endViewer(answer.id);
        const bool one = answer.answer.find("a=sendonly") == answer.answer.rfind("a=sendonly");
        return one ? 1 : 2;
    } catch (const ViewRefused& refused) {
        CHECK(refused.kind() == ViewRefused::Kind::noTrack);
        return std::nullopt;
    }
}

/// What a decoder says of the file; empty when it decodes whole.
std::string decoderErrors(const fs::path& file) {
    const std::string command = "ffmpeg -v error -i '" + file.string() +
                                "' -fps_mode passthrough -enc_time_base -1 -f null - 2>&1 < /dev/null";
    std::string said;
    FILE* pipe = popen(command.c_str(), "r");
    REQUIRE(pipe);
    char buffer[256];
    while (fgets(buffer, sizeof(buffer), pipe))
        said += buffer;
    REQUIRE(pclose(pipe) == 0);
    UNSCOPED_INFO(file.string() + ": " + said);
    return said;
}

} // namespace

TEST_CASE("whatever codec a participant sends, the recording of it decodes without an error") {
    Studio studio;
    studio.record("archive", "studio/*/*");
    studio.publish("a", "alice", config::Codec::vp8);
    studio.publish("b", "bob", config::Codec::vp9);
    studio.publish("c", "carol", config::Codec::h264);
    studio.turnUntil([&] { return studio.isLive("alice") && studio.isLive("bob") && studio.isLive("carol"); },
                     30s);
    studio.nothingComesFor(3s);
    for (const auto* key : {"a", "b", "c"}) {
        REQUIRE_FALSE(studio.isOver(key));
        studio.participants.at(key).publication.reset();
    }
    REQUIRE(studio.relay->snapshot().tracks.empty());
    studio.turnUntil([&] { return studio.relay->snapshot().queueMemory == 0; });
    const auto files = studio.files("archive");
    REQUIRE(files.size() == 6);
    for (const auto& file : files) {
        INFO(file.string());
        REQUIRE(fs::file_size(file) > 5000);
        REQUIRE(decoderErrors(file).empty());
    }
}

TEST_CASE("who comes while a publisher begins gets its picture and its sound") {
    Studio studio({}, config::Unwatched::drain, listenAt("127.0.0.1:0"));
    for (int i = 0; i < 5; ++i) {
        const std::string name = "alice" + std::to_string(i);
        studio.publish(name, name);
        std::optional<int> media;
        studio.turnUntil([&] { return (media = watch(studio, name)).has_value(); });
        CHECK(media == 2);
        CHECK(watch(studio, name) == 2);
        studio.participants.erase(name);
    }
}

TEST_CASE("an unwatched call is drained, and drained again when its watcher leaves") {
    Studio studio;
    studio.publish("a", "alice");
    studio.turnUntil([&] { return studio.isLive("alice"); });
    REQUIRE(studio.track("alice", "camera")->draining);
    studio.record("archive", "studio/alice/camera");
    REQUIRE_FALSE(studio.track("alice", "camera")->draining);
    REQUIRE(studio.track("alice", "microphone")->draining);
    studio.nothingComesFor(500ms);
    REQUIRE(studio.relay->removeSubscription("archive"));
    REQUIRE(studio.track("alice", "camera")->draining);
    studio.turnUntil([&] { return studio.relay->snapshot().queueMemory == 0; });
}

TEST_CASE("a publisher rests after linger, is free in the turn in which somebody watches, and rests again") {
    Studio studio({}, config::Unwatched::rest);
    studio.publish("a", "alice");
    studio.turnUntil([&] { return studio.isLive("alice"); });
    for (int i = 0; i < 2; ++i) {
        studio.turnUntil([&] { return studio.rests("alice") == true; }, 3s);
        studio.record("sound", "studio/alice/microphone");
        studio.nothingComesFor(1500ms);
        REQUIRE(studio.rests("alice") == true);
        const auto requests = studio.track("alice", "camera")->keyframeRequests;
        studio.record("archive", "studio/alice/camera");
        REQUIRE(studio.rests("alice") == false);
        studio.turnUntil([&] { return studio.track("alice", "camera")->keyframeRequests > requests; }, 100ms);
        REQUIRE(studio.relay->removeSubscription("archive"));
        REQUIRE(studio.relay->removeSubscription("sound"));
        REQUIRE(studio.rests("alice") == false);
    }
    studio.turnUntil([&] { return studio.relay->snapshot().queueMemory == 0; });
}

TEST_CASE("the pictures of a publisher that rests may stop without ending their track, until it is free") {
    Studio studio({}, config::Unwatched::rest);
    studio.publish("a", "alice");
    studio.turnUntil([&] { return studio.isLive("alice"); });
    studio.turnUntil([&] { return studio.rests("alice") == true; }, 3s);
    studio.participants.at("a").publisher->setCamera(false);
    studio.nothingComesFor(4s);
    REQUIRE(studio.track("alice", "camera"));
    studio.record("archive", "studio/alice/camera");
    studio.nothingComesFor(1s); // what it was asked for may be on its way
    REQUIRE(studio.track("alice", "camera"));
    studio.turnUntil([&] { return !studio.track("alice", "camera"); }, 4s);
    REQUIRE(studio.relay->removeSubscription("archive"));
    studio.turnUntil([&] { return studio.relay->snapshot().queueMemory == 0; });
}

TEST_CASE("nobody is told to rest where that is not configured") {
    Studio studio;
    studio.publish("a", "alice");
    studio.turnUntil([&] { return studio.isLive("alice"); });
    studio.nothingComesFor(1500ms);
    CHECK(studio.rests("alice") == std::nullopt);
}

TEST_CASE("a participant who publishes again keeps the track and its subscribers; the old session ends") {
    Studio studio;
    studio.record("archive", "studio/alice/camera");
    studio.publish("old", "alice");
    studio.turnUntil([&] { return studio.isLive("alice"); });
    studio.nothingComesFor(1s);
    const auto before = studio.subscription("archive")->subscribers.at(0).queue;
    studio.publish("new", "alice");
    studio.turnUntil([&] { return !studio.participants.at("old").ended.empty(); });
    // At every turn since, and until it flows again, the track is there with its subscriber.
    studio.turnUntil([&] {
        REQUIRE(studio.track("alice", "camera"));
        REQUIRE(studio.track("alice", "camera")->subscribers == 1);
        return studio.track("alice", "camera")->state == TrackState::live;
    });
    studio.turnUntil([&] {
        return studio.subscription("archive")->subscribers.at(0).queue.delivered > before.delivered + 25;
    });
    REQUIRE(studio.subscription("archive")->subscribers.at(0).queue.received > before.received);
    REQUIRE(studio.isOver("old"));
    studio.participants.erase("old");
    studio.nothingComesFor(200ms);
    REQUIRE(studio.track("alice", "camera")->state == TrackState::live);
    REQUIRE(studio.relay->removeSubscription("archive"));
    studio.turnUntil([&] { return studio.relay->snapshot().queueMemory == 0; });
    const auto files = studio.files("archive");
    REQUIRE(files.size() == 2); // timestamps of two peers do not go into one file
    for (const auto& file : files)
        REQUIRE(decoderErrors(file).empty());
}

TEST_CASE("a camera switched off by signalling ends its track, on again gives it back to its subscribers") {
    Studio studio;
    studio.record("archive", "studio/alice/camera");
    studio.publish("a", "alice");
    studio.turnUntil([&] { return studio.isLive("alice"); });
    for (int i = 0; i < 3; ++i) {
        studio.participants.at("a").publication->sourceOff("camera");
        studio.participants.at("a").publisher->setCamera(false);
        REQUIRE_FALSE(studio.track("alice", "camera"));
        REQUIRE(studio.subscription("archive")->subscribers.empty());
        studio.nothingComesFor(300ms);
        REQUIRE_FALSE(studio.track("alice", "camera"));
        studio.participants.at("a").publication->sourceOn("camera");
        studio.participants.at("a").publisher->setCamera(true);
        studio.turnUntil([&] { return studio.track("alice", "camera").has_value(); });
        studio.turnUntil([&] {
            const auto archive = studio.subscription("archive");
            return archive->subscribers.size() == 1 && archive->subscribers[0].queue.delivered > 5;
        });
    }
    REQUIRE(studio.track("alice", "microphone"));
}

TEST_CASE("a camera that falls silent without a word ends within the media timeout and may come back") {
    Studio studio;
    studio.publish("a", "alice");
    studio.turnUntil([&] { return studio.isLive("alice"); });
    studio.participants.at("a").publisher->setCamera(false);
    studio.turnUntil([&] { return !studio.track("alice", "camera"); }, 4s);
    REQUIRE(studio.track("alice", "microphone"));
    studio.participants.at("a").publisher->setCamera(true);
    studio.turnUntil([&] { return studio.track("alice", "camera").has_value(); });
    REQUIRE(studio.track("alice", "camera")->draining);
}

TEST_CASE(
    "a publisher that goes takes its tracks along, and its subscription takes them up when it comes back") {
    Studio studio;
    studio.record("archive", "studio/alice/*");
    studio.publish("a", "alice");
    studio.turnUntil([&] { return studio.isLive("alice"); });
    studio.participants.at("a").publisher.reset();
    studio.turnUntil([&] { return !studio.participants.at("a").ended.empty(); });
    REQUIRE(studio.relay->snapshot().tracks.empty());
    REQUIRE(studio.subscription("archive")->subscribers.empty());
    studio.publish("b", "alice");
    studio.turnUntil([&] { return studio.subscription("archive")->subscribers.size() == 2; });
}

TEST_CASE("a subscriber that does not fit into the memory budget is refused with a reason and served when it "
          "fits") {
    config::LimitSettings limits;
    limits.queueMemory = 10 << 20;
    Studio studio(limits);
    config::QueueSettings queue;
    queue.bytes = 6 << 20;
    studio.record("first", "studio/alice/camera", queue);
    studio.record("second", "studio/alice/camera", queue);
    studio.publish("a", "alice");
    studio.turnUntil([&] { return studio.isLive("alice"); });
    REQUIRE(studio.subscription("first")->subscribers.size() == 1);
    REQUIRE(studio.subscription("second")->subscribers.empty());
    REQUIRE(studio.subscription("second")->refused.at("studio/alice/camera").find("limits.queue_memory") !=
            std::string::npos);
    REQUIRE(studio.relay->snapshot().queueMemory == 6 << 20);
    queue.bytes = 11 << 20;
    REQUIRE_THROWS_AS(studio.record("third", "studio/alice/camera", queue), Refused);
    REQUIRE(studio.relay->removeSubscription("first"));
    studio.turnUntil([&] { return studio.subscription("second")->subscribers.size() == 1; });
    REQUIRE(studio.subscription("second")->refused.empty());
}

TEST_CASE("a name that is taken and a call that is full are refused, and what runs goes on") {
    config::LimitSettings limits;
    limits.tracksPerCall = 2;
    Studio studio(limits);
    config::CallSettings again;
    again.name = "studio";
    REQUIRE_THROWS_AS(studio.relay->addCall(again), Refused);
    studio.publish("a", "alice");
    studio.publish("b", "bob");
    // Which two of the four is a race between the publishers.
    studio.turnUntil([&] { return studio.relay->snapshot().tracks.size() == 2; });
    studio.nothingComesFor(1s);
    REQUIRE(studio.relay->snapshot().tracks.size() == 2);
    REQUIRE_THROWS_AS(studio.call->publish({"carol", "carol", "v=0", "video", "audio", true}, {}), Refused);
}

TEST_CASE("a subscription that changes takes over the memory of the one before it") {
    constexpr std::uint64_t queueBytes = 1024 * 1024;
    config::LimitSettings limits;
    limits.queueMemory = 2 * queueBytes;
    Studio studio(limits);
    config::QueueSettings queue;
    queue.bytes = queueBytes;
    studio.record("archive", "studio/*/*", queue);
    studio.publish("a", "alice");
    studio.turnUntil([&] { return studio.subscription("archive")->subscribers.size() == 2; });
    auto next = *studio.relay->findSubscription("archive");
    for (int times = 1; times <= 3; ++times) {
        std::get<config::RecordOutput>(next.output).segment = std::chrono::seconds(times);
        studio.relay->putSubscription(next);
        CHECK(*studio.relay->findSubscription("archive") == next);
        if (times == 1) CHECK(studio.subscription("archive")->subscribers.size() == 2); // at once
        CHECK(studio.relay->snapshot().queueMemory <= limits.queueMemory);
        // Where the one before has not closed its files yet, the tracks wait for that.
        studio.turnUntil([&] { return studio.subscription("archive")->subscribers.size() == 2; });
    }
    next.queue.bytes = 3 * queueBytes;
    REQUIRE_THROWS_AS(studio.relay->putSubscription(next), Refused);
    CHECK(studio.subscription("archive")->subscribers.size() == 2);
}

TEST_CASE("a subscription whose change does not fit beside the others goes on as it was") {
    constexpr std::uint64_t mib = 1024 * 1024;
    config::LimitSettings limits;
    limits.queueMemory = 64 * mib;
    Studio studio(limits);
    config::QueueSettings queue;
    queue.bytes = 24 * mib;
    studio.record("a", "studio/alice/camera", queue);
    studio.record("b", "studio/alice/camera", queue);
    studio.publish("alice", "alice");
    studio.turnUntil([&] { return studio.isLive("alice") && studio.isServed("a") && studio.isServed("b"); });
    const auto before = *studio.relay->findSubscription("a");
    auto next = before;
    next.queue.bytes = 48 * mib;
    REQUIRE_THROWS_AS(studio.relay->putSubscription(next), Refused);
    CHECK(*studio.relay->findSubscription("a") == before);
    CHECK(studio.isServed("a"));
    // A queue of its own for each of the tracks that it has.
    next.tracks = config::TrackGlob::parse("studio/*/*");
    next.queue.bytes = 20 * mib;
    studio.relay->putSubscription(next);
    CHECK(studio.subscription("a")->subscribers.size() == 2);
    next.queue.bytes = 21 * mib;
    REQUIRE_THROWS_AS(studio.relay->putSubscription(next), Refused);
    CHECK(studio.subscription("a")->subscribers.size() == 2);
    next.queue.bytes = 1 * mib;
    studio.relay->putSubscription(next);
    studio.turnUntil([&] { return studio.relay->snapshot().queueMemory == 26 * mib; });
    CHECK(studio.isServed("b"));
}

TEST_CASE("each of several subscriptions that change at once takes over what its former one has") {
    constexpr std::uint64_t queueBytes = 24 * 1024 * 1024;
    config::LimitSettings limits;
    SECTION("of the memory") {
        limits.queueMemory = 2 * queueBytes + 1;
    }
    SECTION("of the number of queues") {
        limits.subscribers = 2;
    }
    Studio studio(limits);
    config::QueueSettings queue;
    queue.bytes = queueBytes;
    const std::vector<std::string> names = {"a", "b"};
    for (const auto& name : names)
        studio.record(name, "studio/alice/camera", queue);
    studio.publish("alice", "alice");
    const auto allServed = [&] {
        return std::all_of(names.begin(), names.end(),
                           [&](const auto& name) { return studio.isServed(name); });
    };
    studio.turnUntil(allServed);
    const auto changeAll = [&](std::chrono::seconds segment) {
        for (const auto& name : names)
            studio.changeSegment(name, segment);
    };
    changeAll(1s);
    CHECK(allServed());
    CHECK(studio.segment("b") == 1s);
    // Nothing of those before has closed yet: these wait until it has, and what runs goes on.
    changeAll(2s);
    CHECK(allServed());
    CHECK(studio.segment("a") == 1s);
    studio.turnUntil([&] {
        CHECK(allServed());
        return studio.segment("a") == 2s && studio.segment("b") == 2s;
    });
}

TEST_CASE("a subscription that changes keeps the tracks it has before it takes others") {
    config::LimitSettings limits;
    limits.subscribers = 1;
    Studio studio(limits);
    studio.record("sound", "studio/alice/microphone");
    studio.publish("a", "alice");
    studio.turnUntil([&] { return studio.isLive("alice") && studio.isServed("sound"); });
    auto next = *studio.relay->findSubscription("sound");
    next.tracks = config::TrackGlob::parse("studio/alice/*");
    studio.relay->putSubscription(next);
    const auto changed = *studio.subscription("sound");
    REQUIRE(changed.subscribers.size() == 1);
    CHECK(changed.subscribers[0].track.source == "microphone");
    CHECK(changed.refused.contains("studio/alice/camera"));
}

TEST_CASE(
    "a publication that is destroyed before its answer hears of nothing, and one whose call has gone does "
    "nothing") {
    Studio studio;
    studio.publish("early", "alice");
    studio.turnUntil([&] { return studio.participants.at("early").publication != nullptr; });
    REQUIRE_FALSE(studio.participants.at("early").answered);
    studio.participants.at("early").publication.reset();
    studio.publish("late", "bob");
    studio.turnUntil([&] { return studio.isLive("bob"); });
    REQUIRE_FALSE(studio.participants.at("early").answered);
    REQUIRE(studio.participants.at("early").ended.empty());
    REQUIRE(studio.relay->removeCall("studio"));
    Publication& late = *studio.participants.at("late").publication;
    late.sourceOff("camera");
    late.sourceOn("camera");
    REQUIRE_FALSE(late.addCandidate("0", ""));
    REQUIRE(late.remoteUfrag().empty());
    REQUIRE(studio.participants.at("late").ended.empty());
}
