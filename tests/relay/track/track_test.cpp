// Tracks, drains, branches and queues on a pad that pushes by itself, without a peer.
#include "relay/track/track.h"

#include "relay/gst/bin.h"
#include "support/catch.h"
#include "support/leak_guard.h"
#include "support/packet_source.h"
#include "support/turns.h"

#include <algorithm>
#include <random>
#include <string_view>

using namespace spillway;
using namespace spillway::relay;
using namespace spillway::test;
using namespace std::chrono_literals;
using test::PacketSource;

namespace {

std::shared_ptr<FrameQueue> makeQueue(QueueBounds bounds,
                                      const std::shared_ptr<KeyframeBroker>& broker = nullptr) {
    FrameQueue::Hooks hooks;
    if (broker) hooks.wishKeyframe = [broker] { broker->wish(WishReason::drop); };
    return std::make_shared<FrameQueue>(bounds, hooks);
}

Track::BranchUse sharedIf(bool shared) {
    return shared ? Track::BranchUse::shared : Track::BranchUse::own;
}

constexpr QueueBounds wide{100'000, 1ULL << 30, 1h, QueuePolicy::dropToKeyframe};

/// A track fed by a PacketSource.
struct Stage {
    Loop loop;
    PacketSource source;
    std::unique_ptr<Track> track =
        std::make_unique<Track>(loop, TrackName{"call", "alice", "camera"}, MediaKind::video);
    std::shared_ptr<TrackInput> input; ///< the session's part: it holds the input while it sleeps
    int incarnations = 0;

    explicit Stage(std::chrono::microseconds period = 500us) {
        TrackInput::start(source.incoming(), [this](const auto& awake) { cross(awake); });
        source.start(period);
        turnUntil([this] { return incarnations == 1; });
    }
    ~Stage() {
        source.stop();
        track.reset();
        input.reset();
        turn(loop, 20ms);
    }

    void cross(const std::shared_ptr<TrackInput>& awake) {
        loop.post([this, awake] {
            ++incarnations;
            input = awake;
            if (!input->awake()) return awake->letFirstPacketGo();
            if (!track)
                track = std::make_unique<Track>(loop, TrackName{"call", "alice", "camera"}, MediaKind::video);
            track->setInput(input);
            awake->letFirstPacketGo();
        });
    }
    void turnUntil(const std::function<bool()>& done) {
        const bool happened = loop.runUntil(done, 5s);
        CAPTURE(source.flow(), source.pushed(), incarnations);
        REQUIRE(happened);
    }
    void turnFor(std::chrono::milliseconds time) { turn(loop, time); }
    /// Turns until everything pushed up to now has arrived.
    void turnPackets(std::uint64_t packets) {
        const auto goal = source.pushed() + packets;
        turnUntil([&] { return source.pushed() >= goal; });
    }

    int elements(const char* factory) const {
        GstElement* bin = source.pipeline();
        return static_cast<int>((factory ? gst::elementsOf(bin, factory) : gst::elementsOf(bin)).size());
    }

    int drains() const {
        const auto all = gst::elementsOf(source.pipeline());
        return static_cast<int>(std::count_if(all.begin(), all.end(), [](const auto& element) {
            return std::string_view(G_OBJECT_TYPE_NAME(element.get())) == "SpillwayBufferSink";
        }));
    }

    int teePads() const {
        int pads = 0;
        for (const auto& tee : gst::elementsOf(source.pipeline(), "tee"))
            pads += tee.get()->numsrcpads;
        return pads;
    }
};

bool lawHolds(const FrameQueue& queue) {
    const auto stats = queue.stats();
    return stats.received == stats.delivered + stats.droppedTotal() + stats.queuedBuffers;
}

/// Empties the queue; checks that every frame follows its predecessor or starts with a keyframe.
struct Reader {
    std::shared_ptr<FrameQueue> queue;
    std::uint64_t frames = 0;
    std::uint64_t gaps = 0;
    bool undecodable = false;
    std::optional<std::uint16_t> last{};

    void read() {
        std::vector<Frame> batch;
        queue->take(batch, 1000);
        for (const auto& frame : batch) {
            const auto sequence = PacketSource::sequenceOf(frame.buffer.get());
            const bool follows = last && sequence == static_cast<std::uint16_t>(*last + 1);
            if (!follows && last) ++gaps;
            if (!follows && !frame.keyframe) undecodable = true;
            last = sequence;
        }
        frames += batch.size();
        queue->settle(batch.size(), 0);
    }
};

} // namespace

TEST_CASE("a track that nobody watches runs off through its drain from the first packet on") {
    Stage stage;
    stage.turnPackets(200);
    stage.source.stop();
    const auto snapshot = stage.track->snapshot();
    REQUIRE(snapshot.draining);
    REQUIRE(snapshot.receivedPackets == stage.source.pushed());
    REQUIRE(snapshot.drainedPackets == snapshot.receivedPackets);
    REQUIRE(snapshot.codec == "VP8");
    REQUIRE(stage.drains() == 1);
    REQUIRE(stage.elements(nullptr) == 2);
}

TEST_CASE("whoever receives a track knows whether anybody watches it") {
    Stage stage;
    const Audience& audience = *stage.source.audience();
    CHECK(audience.isEmpty());
    auto first = stage.track->attach(makeQueue(wide));
    auto second = stage.track->attach(makeQueue(wide), Rendition::rtp, Track::BranchUse::shared);
    CHECK_FALSE(audience.isEmpty());
    first = {};
    CHECK_FALSE(audience.isEmpty());
    second = {};
    CHECK(audience.isEmpty());

    first = stage.track->attach(makeQueue(wide));
    stage.track->loseInput(TrackInput::Wake::onPacket);
    CHECK(audience.isEmpty());
    stage.turnUntil([&] { return stage.incarnations == 2; }); // the queue is fed again
    CHECK_FALSE(audience.isEmpty());
    stage.track.reset();
    CHECK(audience.isEmpty());
}

TEST_CASE("ten seconds after a subscriber attached the drain is gone, and back when it leaves") {
    Stage stage(2000us);
    stage.turnPackets(20);
    Reader watcher{makeQueue(wide)};
    auto place = stage.track->attach(watcher.queue);
    stage.turnPackets(1); // what was on its way into the drain has arrived
    const auto drainedBefore = stage.track->snapshot().drainedPackets;
    stage.turnUntil([&] {
        watcher.read();
        return watcher.frames > 0; // its keyframe has come
    });
    const auto pushedBefore = stage.source.pushed();
    const auto begin = Clock::now();
    while (Clock::now() - begin < 10s) {
        stage.turnFor(50ms);
        watcher.read();
        REQUIRE_FALSE(stage.track->snapshot().draining);
    }
    const auto pushedMeanwhile = stage.source.pushed() - pushedBefore;
    stage.turnPackets(1); // what was on its way into the queue has arrived
    watcher.read();
    REQUIRE(stage.drains() == 0);
    REQUIRE(stage.elements("appsink") == 1);
    REQUIRE(stage.elements(nullptr) == 2);
    REQUIRE(stage.teePads() == 1);
    REQUIRE(stage.track->snapshot().drainedPackets == drainedBefore);
    REQUIRE(pushedMeanwhile > 0);
    REQUIRE(watcher.frames >= pushedMeanwhile);
    REQUIRE(watcher.gaps == 0);
    place = {};
    REQUIRE(stage.track->snapshot().draining);
    REQUIRE(stage.drains() == 1);
    REQUIRE(stage.elements("appsink") == 0);
    const auto drained = stage.track->snapshot().drainedPackets;
    stage.turnUntil([&] { return stage.track->snapshot().drainedPackets > drained + 20; });
    const auto received = watcher.queue->stats().received;
    stage.turnPackets(20);
    REQUIRE(watcher.queue->stats().received == received);
}

TEST_CASE("a subscriber that never reads stays at its bound and takes nothing from the others") {
    Stage stage;
    Reader reader{makeQueue(wide)};
    const auto stuck = makeQueue({50, 1 << 20, 1h, QueuePolicy::dropToKeyframe}, stage.track->broker());
    const auto readersPlace = stage.track->attach(reader.queue);
    const auto stucksPlace = stage.track->attach(stuck);
    stage.turnUntil([&] {
        reader.read();
        return reader.frames > 0; // its keyframe has come
    });
    const auto begin = stage.source.pushed();
    while (stage.source.pushed() < begin + 4000) {
        stage.turnPackets(20);
        reader.read();
        const auto stats = stuck->stats();
        REQUIRE(stats.queuedBuffers <= 50);
        REQUIRE(lawHolds(*stuck));
        REQUIRE(lawHolds(*reader.queue));
    }
    REQUIRE(stuck->stats().dropped[static_cast<std::size_t>(DropReason::full)] > 50);
    REQUIRE(reader.frames + 1 >= 4000); // one may be on its way
    REQUIRE(reader.gaps == 0);
    REQUIRE(reader.queue->stats().dropped[static_cast<std::size_t>(DropReason::full)] == 0);
}

TEST_CASE("what a slow subscriber gets after a drop starts with a keyframe, and it asked for one") {
    Stage stage;
    Reader slow{makeQueue({300, 1 << 20, 1h, QueuePolicy::dropToKeyframe}, stage.track->broker())};
    const auto place = stage.track->attach(slow.queue);
    const auto begin = Clock::now();
    for (int i = 1; i <= 40; ++i) {
        stage.turnPackets(i % 8 == 0 ? 500 : 60); // against a bound of 300
        slow.read();
    }
    REQUIRE(slow.gaps > 2);
    REQUIRE_FALSE(slow.undecodable);
    const auto snapshot = stage.track->snapshot();
    REQUIRE(snapshot.keyframeWishes[static_cast<std::size_t>(WishReason::drop)] > 2);
    REQUIRE(stage.source.keyframeRequests() == snapshot.keyframeRequests);
    // At most one in each window of 500 ms.
    REQUIRE(snapshot.keyframeRequests <= static_cast<std::uint64_t>((Clock::now() - begin) / 500ms) + 1);
}

TEST_CASE("attaching asks for a keyframe and the subscriber starts with it") {
    Stage stage;
    stage.turnPackets(100);
    Reader reader{makeQueue(wide)};
    const auto place = stage.track->attach(reader.queue);
    stage.turnUntil([&] {
        reader.read();
        return reader.frames > 0;
    });
    REQUIRE_FALSE(reader.undecodable);
    REQUIRE(stage.track->snapshot().keyframeRequests == 1);
}

TEST_CASE("ten thousand attaches and detaches leave nothing, and who stayed loses nothing") {
    Stage stage(200us);
    Reader stayed{makeQueue(wide)};
    const auto stayedPlace = stage.track->attach(stayed.queue);
    stage.turnPackets(50);
    const int elements = stage.elements(nullptr);
    const int pads = stage.teePads();
    const test::LeakGuard inner;

    // Four threads play API clients: each posts its wishes to the loop, which owns the track, and waits for
    // its answer.
    constexpr int cycles = 10'000;
    std::atomic<int> done{0};
    std::vector<std::thread> clients;
    clients.reserve(4);
    for (int c = 0; c < 4; ++c)
        clients.emplace_back([&] {
            for (int i = 0; i < cycles / 4; ++i) {
                auto queue = makeQueue({20, 1 << 20, 1h, QueuePolicy::dropOldest});
                const auto use = sharedIf(i % 2 == 0);
                std::atomic<bool> answered{false};
                stage.loop.post([&, use, queue] {
                    const auto place =
                        std::make_shared<Track::Attachment>(stage.track->attach(queue, Rendition::rtp, use));
                    stage.loop.post([&, place, queue] {
                        *place = {};
                        if (lawHolds(*queue)) ++done;
                        answered = true;
                        answered.notify_one();
                    });
                });
                answered.wait(false);
            }
        });
    REQUIRE(stage.loop.runUntil(
        [&] {
            stayed.read();
            return done == cycles;
        },
        60s));
    for (auto& client : clients)
        client.join();
    stage.turnPackets(50);
    stayed.read();
    REQUIRE(stage.source.flow() == GST_FLOW_OK);
    REQUIRE(stayed.gaps == 0);
    REQUIRE(stage.elements(nullptr) == elements);
    REQUIRE(stage.teePads() == pads);
    inner.require([&] { stage.turnFor(1ms); });
}

namespace {

void endOverAndOver(int times) {
    Stage stage(100us);
    std::mt19937 random(7);
    std::vector<Track::Attachment> places; // some outlive their track
    for (int i = 0; i < times; ++i) {
        for (auto watchers = random() % 3; watchers > 0; --watchers) {
            const auto queue = makeQueue({20, 1 << 20, 1h, QueuePolicy::dropOldest});
            places.push_back(stage.track->attach(queue, Rendition::rtp, sharedIf(random() % 2 == 0)));
        }
        if (random() % 2 == 0) stage.turnPackets(1);
        const int before = stage.incarnations;
        stage.track->loseInput(TrackInput::Wake::onPacket);
        if (random() % 2 == 0) stage.track.reset();
        if (!stage.track && random() % 2 == 0) places.clear();
        stage.turnUntil([&] { return stage.incarnations > before; });
    }
    REQUIRE(stage.source.flow() == GST_FLOW_OK);
    stage.track.reset();
    REQUIRE(stage.elements(nullptr) == 1); // the tee, until the pad goes
    stage.turnPackets(50);                 // late packets, dropped at the pad
    REQUIRE(stage.source.flow() == GST_FLOW_OK);
    stage.input.reset();
    REQUIRE(stage.elements(nullptr) == 0);
}

} // namespace

TEST_CASE("a track that ends thousands of times, watched, unwatched or in the hand-over, leaves nothing") {
    endOverAndOver(3000);
}

TEST_CASE("a track that ends for minutes leaves nothing", "[.][long]") {
    endOverAndOver(200000);
}

TEST_CASE("subscribers of a track that waits get its next incarnation, from a keyframe on") {
    Stage stage;
    Reader reader{makeQueue(wide)};
    const auto place = stage.track->attach(reader.queue);
    stage.turnPackets(50);
    stage.track->loseInput(TrackInput::Wake::onPacket);
    REQUIRE(stage.track->snapshot().state == TrackState::waiting);
    reader.read();
    const auto before = reader.frames;
    stage.turnUntil([&] { return stage.incarnations == 2; });
    REQUIRE(stage.track->snapshot().state == TrackState::live);
    REQUIRE_FALSE(stage.track->snapshot().draining);
    stage.turnUntil([&] {
        reader.read();
        return reader.frames > before + 20;
    });
    REQUIRE_FALSE(reader.undecodable);
    REQUIRE(reader.gaps <= 1);
}

TEST_CASE("a queue that several share gets each packet once, until the last of them goes") {
    Stage stage;
    Reader reader{makeQueue(wide)};
    auto first = stage.track->attach(reader.queue, Rendition::rtp, Track::BranchUse::shared);
    auto second = stage.track->attach(reader.queue, Rendition::rtp, Track::BranchUse::shared);
    REQUIRE(stage.track->snapshot().subscribers == 2);
    stage.turnPackets(50);
    first = {};
    REQUIRE(stage.track->snapshot().subscribers == 1);
    stage.turnPackets(50);
    reader.read();
    CHECK(reader.frames >= 100);
    CHECK(reader.gaps == 0);
    CHECK(reader.queue->stats().received <= stage.track->snapshot().receivedPackets);
    second = {};
    const auto received = reader.queue->stats().received;
    stage.turnPackets(50);
    CHECK(reader.queue->stats().received == received);
}

TEST_CASE("queues that share a branch come and go one by one, and move to the next incarnation") {
    Stage stage;
    Reader first{makeQueue(wide)}, second{makeQueue(wide)};
    auto firstPlace = stage.track->attach(first.queue, Rendition::rtp, Track::BranchUse::shared);
    REQUIRE_FALSE(stage.track->snapshot().draining);
    REQUIRE(stage.teePads() == 1);
    auto secondPlace = stage.track->attach(second.queue, Rendition::rtp, Track::BranchUse::shared);
    REQUIRE(stage.teePads() == 1);
    REQUIRE(stage.track->snapshot().subscribers == 2);
    stage.turnPackets(100);

    firstPlace = {};
    first.read();
    REQUIRE(first.frames > 50);
    const auto received = first.queue->stats().received;
    stage.turnPackets(50);
    CHECK(first.queue->stats().received == received);
    second.read();
    CHECK(second.frames > 100);
    CHECK(second.gaps == 0);

    const auto before = second.frames;
    stage.track->loseInput(TrackInput::Wake::onPacket);
    stage.turnUntil([&] { return stage.incarnations == 2; });
    stage.turnUntil([&] {
        second.read();
        return second.frames > before + 20;
    });
    CHECK_FALSE(second.undecodable);
    secondPlace = {};
    CHECK(stage.track->snapshot().draining);
    CHECK(stage.teePads() == 1);
    CHECK(stage.elements("appsink") == 0);
}

TEST_CASE("packets and drained packets add up over incarnations") {
    Stage stage;
    stage.turnPackets(100);
    stage.track->loseInput(TrackInput::Wake::onPacket);
    stage.turnUntil([&] { return stage.incarnations == 2; });
    stage.turnPackets(100);
    stage.source.stop();
    const auto snapshot = stage.track->snapshot();
    REQUIRE(snapshot.receivedPackets >= 200);
    REQUIRE(snapshot.receivedPackets <= stage.source.pushed());
    // One packet may be between the tee and the drain at the moment when the input is lost.
    REQUIRE(snapshot.drainedPackets <= snapshot.receivedPackets);
    REQUIRE(snapshot.drainedPackets + 1 >= snapshot.receivedPackets);
}

TEST_CASE("a streaming thread that hangs in a push is told from one that rests") {
    Stage stage;
    stage.turnPackets(10);
    stage.source.stop();
    stage.track->stuckSince();
    stage.turnFor(20ms);
    REQUIRE_FALSE(stage.track->stuckSince());

    std::atomic<bool> release{false};
    FrameQueue::Hooks hooks;
    hooks.wakeReader = [&] {
        while (!release)
            std::this_thread::yield();
    };
    const auto place = stage.track->attach(
        std::make_shared<FrameQueue>(QueueBounds{100, 1 << 20, 1h, QueuePolicy::dropOldest}, hooks));
    stage.source.start(500us);
    stage.turnUntil(
        [&] { return stage.track->stuckSince() && Clock::now() - *stage.track->stuckSince() > 100ms; });
    release = true;
    stage.turnUntil([&] { return !stage.track->stuckSince(); });
}
