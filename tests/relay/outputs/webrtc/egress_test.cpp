// Viewers at a port on the loopback, of tracks whose packets the test pushes itself.
#include "relay/outputs/webrtc/egress_fixture.h"
#include "relay/outputs/webrtc/worker/placement.h"

#include "relay/base/cores.h"
#include "relay/values/refused.h"
#include "support/leak_guard.h"

#include <algorithm>

using namespace spillway;
using namespace spillway::test;
using Refusal = ViewRefused::Kind;

namespace {

constexpr std::uint64_t videoBytes = 512ULL * 1024;
constexpr std::uint64_t audioBytes = 64ULL * 1024;

const TrackName microphone{"studio", "alice", "microphone"};
const TrackName otherCamera{"gate", "alice", "camera"};
const TrackName otherMicrophone{"gate", "alice", "microphone"};

ViewRequest aliceIn(const std::string& call, std::optional<std::string> source = {}) {
    return {call, "alice", std::move(source), audioAndVideoOffer()};
}

config::LimitSettings roomFor(std::uint64_t bytes) {
    config::LimitSettings limits;
    limits.queueMemory = bytes;
    return limits;
}

/// How often each worker's thread went to sleep: with viewers it does so again and again.
std::map<std::string, long> sleeps() {
    std::map<std::string, long> counts;
    for (const std::string& thread : LeakGuard::threads()) {
        if (!contains(thread, " viewers-")) continue;
        std::string word, id;
        std::istringstream(thread) >> word >> id;
        std::ifstream status("/proc/self/task/" + id + "/status");
        while (status >> word)
            if (word == "voluntary_ctxt_switches:") status >> counts[id];
    }
    return counts;
}

} // namespace

TEST_CASE("a node that listens nowhere has no viewers") {
    Stage stage{noViewers()};
    stage.add(camera);
    CHECK(stage.refusal(aliceIn("studio")) == Refusal::disabled);
}

TEST_CASE("a port that is taken is told with its address") {
    Stage stage;
    stage.add(camera);
    const std::string taken = at("127.0.0.1", portIn(stage.view(aliceIn("studio")))).text();
    CHECK_THROWS_WITH(Stage(listenAt(taken)), Catch::Contains(taken));
}

TEST_CASE("who cannot view is told why, and leaves nothing") {
    Stage stage;
    FedTrack& fed = stage.add(camera);
    stage.add(otherMicrophone, MediaKind::audio);
    const auto refusalWith = [&](const std::function<void(ViewRequest&)>& change) {
        auto request = aliceIn("studio");
        change(request);
        return stage.refusal(request);
    };
    CHECK(refusalWith([](auto& request) { request.offer = "no description"; }) == Refusal::malformed);
    CHECK(refusalWith([](auto& request) { request.offer = replaced(request.offer, "VP8", "H264"); }) ==
          Refusal::unsupported);
    CHECK(refusalWith([](auto& request) {
              request = {"gate", "alice", {}, videoOffer("0")};
          }) == Refusal::unsupported);
    CHECK(refusalWith([](auto& request) { request.call = "nowhere"; }) == Refusal::noTrack);
    CHECK(refusalWith([](auto& request) { request.participant = "bob"; }) == Refusal::noTrack);
    CHECK(refusalWith([](auto& request) { request.source = "screen"; }) == Refusal::noTrack);
    fed.track.loseInput(TrackInput::Wake::never);
    CHECK(refusalWith([](auto&) {}) == Refusal::noTrack);
    CHECK(stage.budget.queues() == 0);
    CHECK(stage.told.empty());
    CHECK(stage.viewers().empty());
}

TEST_CASE("a viewer gets the source that it names, else the first video and the first audio") {
    Stage stage;
    stage.add({"studio", "bob", "camera"});
    stage.add({"studio", "alice", "screen"});
    stage.add(otherCamera);
    stage.add(camera);
    stage.add({"studio", "alice", "screen-audio"}, MediaKind::audio);
    stage.add(microphone, MediaKind::audio);
    stage.view(aliceIn("studio"));
    CHECK(stage.tracksOfLast() == Texts{camera.text(), microphone.text()});
    stage.view(aliceIn("studio", "screen"));
    CHECK(stage.tracksOfLast() == Texts{"studio/alice/screen"});
}

TEST_CASE("the answer names the port at each address that viewers are told, and it is ours") {
    auto settings = listenAt("127.0.0.1:0");
    Texts hosts{"127.0.0.1"};
    SECTION("the addresses that it listens at") {}
    SECTION("those to be announced") {
        hosts = {"203.0.113.7", "198.51.100.2"};
        settings.announce = {{hosts[0], {}}, {hosts[1], {}}};
    }
    Stage stage(settings);
    stage.add(camera);
    const auto viewing = stage.view(aliceIn("studio"));
    Texts candidates;
    for (std::size_t i = 0; i < hosts.size(); ++i)
        candidates.push_back(std::to_string(i + 1) + " 1 udp " + std::to_string(2130706431 - 256 * i) + " " +
                             hosts[i] + " " + std::to_string(portIn(viewing)) + " typ host");
    CHECK(firstLine(viewing).attributes("candidate") == candidates);
    CHECK(viewing.offeredUfrag == "abcd");
    Client().nominate(viewing);
}

TEST_CASE("while no address to offer is known a viewer is refused") {
    auto settings = listenAt("127.0.0.1:0");
    settings.announce = {{"gw.example.org", {}}};
    Stage stage(settings);
    stage.add(camera);
    CHECK(stage.refusal(aliceIn("studio")) == Refusal::limit);
    CHECK(stage.viewers().empty());
}

TEST_CASE("a viewer that does not fit whole is refused, and what fits is taken once it is connected") {
    constexpr std::uint64_t whole = videoBytes + audioBytes;
    Stage stage(listenAt("127.0.0.1:0"), roomFor(2 * whole - 1));
    stage.add(camera);
    stage.add(microphone, MediaKind::audio);
    Watchers watchers{stage};
    watchers.join(aliceIn("studio"));
    CHECK(stage.budget.usedBytes() == whole);
    CHECK(stage.refusal(aliceIn("studio")) == Refusal::limit);
    CHECK(stage.budget.usedBytes() == whole);
    CHECK(stage.told.size() == 2);
    CHECK(stage.viewers().size() == 1);
    watchers.join(aliceIn("studio", "camera"));
    CHECK(stage.budget.usedBytes() == whole + videoBytes);
}

TEST_CASE("who never connects takes no memory, no queue and no place of others") {
    Stage stage(listenAt("127.0.0.1:0"), roomFor(videoBytes));
    const Track& track = stage.add(camera).track;
    for (int i = 0; i < 1000; ++i) {
        auto request = aliceIn("studio");
        request.client = "192.0.2." + std::to_string(i % 50);
        CHECK_FALSE(stage.refusal(request));
    }
    CHECK(stage.viewers().size() == 256);
    CHECK(stage.ended == Texts(1000 - 256, "studio: too many viewers wait to connect"));
    CHECK(stage.budget.usedBytes() == 0);
    CHECK(stage.told.empty());
    CHECK(track.snapshot().draining);
    Watchers watchers{stage};
    watchers.join(aliceIn("studio"));
    CHECK(stage.budget.usedBytes() == videoBytes);
    const auto configured = stage.budget.reserve(videoBytes);
    CHECK(stage.viewers().size() == 255);
}

TEST_CASE("who connects when the room has gone is ended with the reason") {
    Stage stage(listenAt("127.0.0.1:0"), roomFor(videoBytes));
    stage.add(camera);
    Client client;
    const auto viewing = stage.view({"studio", "alice", std::nullopt, client.offer()});
    const auto configured = stage.budget.reserve(1);
    client.nominate(viewing);
    client.shakeHands(viewing);
    stage.turnUntil([&] { return stage.viewers().empty(); });
    REQUIRE(stage.ended.size() == 1);
    CHECK(contains(stage.ended[0], "limits.queue_memory"));
    CHECK(stage.told.empty());
    CHECK(stage.budget.usedBytes() == 1);
}

TEST_CASE(
    "what the operator configured gets the memory of viewers, of the newest first, and of none in vain") {
    Stage stage(listenAt("127.0.0.1:0"), roomFor(3 * videoBytes));
    stage.add(camera);
    Watchers watchers{stage};
    const auto oldest = watchers.join(aliceIn("studio"));
    watchers.join(aliceIn("studio"));
    watchers.join(aliceIn("studio"));
    CHECK_THROWS_AS(stage.budget.reserve(3 * videoBytes + 1), Refused);
    CHECK(stage.viewers().size() == 3);
    const auto recording = stage.budget.reserve(2 * videoBytes);
    CHECK(stage.ended == Texts(2, "studio: a subscription needs its memory"));
    REQUIRE(stage.viewers().size() == 1);
    CHECK(stage.viewers()[0].id == oldest);
    CHECK(stage.budget.usedBytes() == 3 * videoBytes);
    CHECK(stage.refusal(aliceIn("studio")) == Refusal::limit);
    stage.turnUntilQueues(2);
}

TEST_CASE("a viewer that is ended gives back its room once its worker has let go of it") {
    Stage stage(listenAt("127.0.0.1:0"), roomFor(videoBytes));
    const Track& track = stage.add(camera).track;
    Watchers watchers{stage};
    const auto viewer = watchers.join(aliceIn("studio"));
    CHECK_FALSE(track.snapshot().draining);
    CHECK_FALSE(stage.egress->end(viewer + 1));
    CHECK(stage.egress->end(viewer));
    CHECK_FALSE(stage.egress->end(viewer));
    CHECK(track.snapshot().draining);
    CHECK(stage.refusal(aliceIn("studio")) == Refusal::limit);
    stage.turnUntilQueues(0);
    CHECK(stage.budget.usedBytes() == 0);
    CHECK(stage.view(aliceIn("studio")).id != viewer);
    CHECK(stage.ended.empty());
}

TEST_CASE("a viewer stays when its track ends, and is fed by the next of that name, from a keyframe on") {
    constexpr auto onAttach = static_cast<std::size_t>(WishReason::attach);
    Stage stage;
    FedTrack& first = stage.add(camera);
    Watchers watchers{stage};
    watchers.join(aliceIn("studio"));
    first.push(10);
    CHECK(stage.firstQueue().received == 10);
    CHECK(first.track.snapshot().keyframeWishes[onAttach] == 0);

    stage.end(camera);
    stage.add({"studio", "alice", "screen"}).push(10);
    CHECK(stage.firstQueue().received == 10);
    CHECK(stage.firstQueue().awaitingKeyframe);
    CHECK(stage.budget.queues() == 1);

    FedTrack& second = stage.add(camera);
    stage.egress->trackAdded(second.track);
    second.push(10);
    CHECK(stage.firstQueue().received == 20);
    CHECK_FALSE(stage.firstQueue().awaitingKeyframe);
    CHECK(second.track.snapshot().keyframeWishes[onAttach] == 1);
}

TEST_CASE("a call that ends takes its viewers along, each told once, and no others") {
    Stage stage;
    stage.add(camera);
    stage.add(otherCamera);
    Watchers watchers{stage};
    watchers.join(aliceIn("studio"));
    const auto other = watchers.join(aliceIn("gate"));
    stage.view(aliceIn("studio"));
    stage.end(camera);
    stage.egress->callEnds("studio");
    stage.egress->callEnds("studio");
    stage.turnUntilQueues(1);
    CHECK(stage.ended == Texts(2, "studio: the call has ended"));
    REQUIRE(stage.viewers().size() == 1);
    CHECK(stage.viewers()[0].id == other);
}

TEST_CASE("who comes and goes is told, track by track, with the reason") {
    Stage stage;
    stage.add(camera);
    stage.add(microphone, MediaKind::audio);
    Watchers watchers{stage};
    const auto first = watchers.join(aliceIn("studio"));
    CHECK(std::exchange(stage.told, {}) ==
          Texts{"viewer-1 attached studio/alice/camera ", "viewer-1 attached studio/alice/microphone "});
    watchers.join(aliceIn("studio", "camera"));
    CHECK(std::exchange(stage.told, {}) == Texts{"viewer-2 attached studio/alice/camera "});
    stage.egress->end(first);
    CHECK(std::exchange(stage.told, {}) == Texts{"viewer-1 detached studio/alice/camera left",
                                                 "viewer-1 detached studio/alice/microphone left"});
    stage.egress->callEnds("studio");
    CHECK(stage.told == Texts{"viewer-2 detached studio/alice/camera the call has ended"});
}

TEST_CASE("what the viewers of a track made is never less when one of them goes") {
    Stage stage;
    FedTrack& fed = stage.add(camera);
    Watchers watchers{stage};
    const auto viewer = watchers.join(aliceIn("studio"));
    const auto made = [&] {
        return stage.snapshot().viewerTotals[camera].counters.packets + stage.dropped();
    };
    fed.push(100);
    stage.turnUntil([&] { return made() == 100; });
    fed.push(100);
    stage.egress->end(viewer);
    CHECK(made() >= 100);
    stage.turnUntilQueues(0);
    CHECK(made() == 200);
}

TEST_CASE("what the viewers of a track made goes with the track") {
    Stage stage;
    stage.add(camera).push(10);
    stage.add(microphone, MediaKind::audio);
    Watchers watchers{stage};
    const auto first = watchers.join(aliceIn("studio"));
    watchers.join(aliceIn("studio"));
    stage.egress->end(first);
    stage.turnUntilQueues(2);
    CHECK(stage.snapshot().viewerTotals.size() == 2);
    stage.end(camera);
    CHECK(stage.snapshot().viewerTotals.size() == 1);
    CHECK(stage.snapshot().viewerTotals.contains(microphone));
}

TEST_CASE("viewers of a track are served by one worker up to a crowd, then by another too") {
    Stage stage;
    stage.add(camera);
    const auto workers = usableCores();
    stage.turnUntil([&] { return sleeps().size() == workers; }); // each thread gives itself its name
    auto before = sleeps();
    /// Of the workers, that went to sleep more often than that since then.
    const auto serving = [&](long times) {
        auto now = sleeps();
        return static_cast<unsigned>(std::count_if(before.begin(), before.end(), [&](const auto& entry) {
            return now[entry.first] > entry.second + times;
        }));
    };
    stage.view(aliceIn("studio"));
    ViewerId last = stage.view(aliceIn("studio")).id;
    stage.turnUntil([&] { return serving(8) == 1; });
    CHECK(serving(2) == 1);
    while (stage.viewers().size() <= crowd)
        last = stage.view(aliceIn("studio")).id;
    before = sleeps();
    stage.turnUntil([&] { return serving(4) == std::min(2U, workers); });
    stage.egress->end(last);
    stage.view(aliceIn("studio"));
    before = sleeps();
    stage.turnUntil([&] { return serving(4) == std::min(2U, workers); });
}

TEST_CASE("a viewer at the wire gets the media, and is ended when it says good-bye") {
    Stage stage;
    FedTrack& fed = stage.add(camera);
    Client client;
    const auto viewing = stage.view({"studio", "alice", std::nullopt, client.offer()});
    CHECK(stage.viewers().at(0).state == ViewerState::connecting);
    client.nominate(viewing);
    client.shakeHands(viewing);
    stage.turnUntil([&] { return stage.viewers().at(0).state == ViewerState::connected; });
    CHECK(stage.viewers().at(0).address == client.socket->address().text());

    fed.push(PacketSource::packetsPerFrame);
    for (int i = 0; i < PacketSource::packetsPerFrame; ++i) {
        const Datagram packet = client.media();
        REQUIRE(packet.size() == 12 + 1100);
        CHECK((packet[1] & 0x7FU) == 96);
        CHECK(packet[12] == (i == 0 ? 0x10 : 0x00)); // the begin of a VP8 frame
    }
    stage.turnUntil([&] {
        return stage.snapshot().viewerTotals[camera].counters.packets == PacketSource::packetsPerFrame;
    });

    for (const Datagram& record : client.dtls.close())
        client.socket->send(record);
    stage.turnUntilQueues(0);
    CHECK(stage.ended == Texts{"studio: the viewer left"});
    CHECK(stage.told.back() == "viewer-1 detached studio/alice/camera the viewer left");
    CHECK_FALSE(stage.egress->end(viewing.id));
    CHECK(stage.snapshot().viewerTotals[camera].counters.packets == PacketSource::packetsPerFrame);
}

TEST_CASE("an egress that goes ends its viewers, and leaves no thread and no descriptor") {
    Stage().add(camera); // makes what the process keeps
    const LeakGuard guard;
    {
        Stage stage;
        const Track& track = stage.add(camera).track;
        Watchers watchers{stage};
        watchers.join(aliceIn("studio"));
        stage.egress.reset();
        CHECK(stage.told.back() == "viewer-1 detached studio/alice/camera left");
        CHECK(track.snapshot().draining);
        stage.turnUntilQueues(0);
    }
    guard.require();
}
