// Attaching and detaching while a track plays, in one run:
//   churn   attach/detach cycles a second on one track, with another subscriber that must lose nothing;
//   growth of
//           threads, descriptors and resident memory over 10,000 cycles after a warm-up
//   first   time from attach to the first keyframe of a synthetic VP8 publisher behind two real webrtcbins,
//   p50 and p95
//
//   bench_churn [--cycles N] [--samples N] [--short] [--check]
//     --short: 20 samples
//     --check: exit 1 unless memory grew by less than 1 MiB, nothing is left, nobody lost a packet, and p95
//     <= 250 ms
#include "relay/peer/peer.h"
#include "relay/synthetic/publisher.h"
#include "relay/track/track.h"
#include "support/cpu_time.h"
#include "support/packet_source.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <optional>
#include <random>
#include <string_view>
#include <vector>

using namespace spillway;
using namespace spillway::relay;
using namespace std::chrono_literals;

namespace {

std::shared_ptr<FrameQueue> makeQueue(Histogram* firstKeyframe = nullptr) {
    FrameQueue::Hooks hooks;
    hooks.firstKeyframe = firstKeyframe;
    return std::make_shared<FrameQueue>(QueueBounds{256, 1 << 20, 5s, QueuePolicy::dropToKeyframe}, hooks);
}

long entries(const char* folder) {
    return std::distance(std::filesystem::directory_iterator(folder), std::filesystem::directory_iterator());
}

/// Reads a queue dry and counts gaps in the sequence numbers.
class Watcher {
  public:
    std::shared_ptr<FrameQueue> queue = makeQueue();

    void read() {
        std::vector<Frame> batch;
        while (queue->take(batch, 256) > 0) {
        }
        for (const auto& frame : batch) {
            const auto sequence = test::PacketSource::sequenceOf(frame.buffer.get());
            if (last_ && sequence != static_cast<std::uint16_t>(*last_ + 1)) ++gaps;
            last_ = sequence;
        }
        queue->settle(batch.size(), 0);
    }
    int gaps = 0;

  private:
    std::optional<std::uint16_t> last_;
};

class TrackStage {
  public:
    explicit TrackStage(Loop& loop)
        : loop_(loop) {}
    TrackInput::OnAwake onAwake() {
        return [this](std::shared_ptr<TrackInput> input) {
            loop_.post([this, input = std::move(input)] {
                input_ = input;
                track.setInput(input);
                input->letFirstPacketGo();
            });
        };
    }
    bool live() const { return input_ != nullptr; }
    void end() {
        track.loseInput(TrackInput::Wake::never);
        input_.reset();
    }

  private:
    Loop& loop_;
    std::shared_ptr<TrackInput> input_;

  public:
    Track track{loop_, TrackName{"bench", "source", "camera"}, MediaKind::video};
};

bool churn(Loop& loop, int cycles) {
    test::PacketSource source;
    TrackStage stage(loop);
    TrackInput::start(source.incoming(), stage.onAwake());
    source.start(4166us); // 240 packets a second
    loop.runUntil([&] { return stage.live(); }, 5s);
    Watcher watcher;
    const auto place = stage.track.attach(watcher.queue);
    const auto cycle = [&] {
        { const auto passing = stage.track.attach(makeQueue()); }
        watcher.read();
    };
    for (int i = 0; i < cycles / 5; ++i)
        cycle();
    const auto memory = test::residentBytes();
    const long threads = entries("/proc/self/task");
    const long descriptors = entries("/proc/self/fd");
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < cycles; ++i) {
        cycle();
        if (i % 64 == 0) loop.runUntil([] { return true; }, 0ms);
    }
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    const auto grown = static_cast<long long>(test::residentBytes()) - static_cast<long long>(memory);
    const long moreThreads = entries("/proc/self/task") - threads;
    const long moreDescriptors = entries("/proc/self/fd") - descriptors;
    source.stop();
    stage.end();
    std::printf(
        "churn: %d cycles, %.0f attach/detach a second; memory %+lld KiB, threads %+ld, descriptors %+ld; "
        "gaps of who stayed: %d\n",
        cycles, cycles / seconds, grown / 1024, moreThreads, moreDescriptors, watcher.gaps);
    return grown < 1 << 20 && moreThreads == 0 && moreDescriptors == 0 && watcher.gaps == 0;
}

/// A publisher and a peer that feeds the stage's track.
class Live {
  public:
    Live(Loop& loop, TrackStage& stage) {
        PeerSettings settings;
        settings.label = "bench";
        settings.loopbackOnly = true;
        settings.videoCodecs = {config::Codec::vp8};
        PeerEvents events;
        events.onPad = [awake = stage.onAwake()](const IncomingPad& pad) { TrackInput::start(pad, awake); };
        peer_.emplace(loop, settings, events);
        PublisherSettings source;
        source.audio = false;
        source.width = 320;
        source.height = 180;
        publisher_.emplace(loop, source);
        publisher_->offer([this](const std::string& offer) {
            peer_->acceptOffer(offer, 10s,
                               [this](const LocalDescription& answer) { publisher_->answer(answer.sdp); });
        });
    }

  private:
    std::optional<Peer> peer_;
    std::optional<Publisher> publisher_;
};

bool firstKeyframe(Loop& loop, int samples) {
    TrackStage stage(loop);
    std::vector<double> times;
    {
        const Live live(loop, stage);
        if (!loop.runUntil([&] { return stage.live(); }, 10s)) return false;
        std::mt19937 random(1);
        for (int i = 0; i < samples; ++i) {
            // Spread over the frame's phase, and farther apart than the broker's window.
            loop.runUntil([] { return false; }, std::chrono::milliseconds(550 + random() % 80));
            Histogram seen({1e9});
            const auto queue = makeQueue(&seen);
            auto place = stage.track.attach(queue);
            loop.runUntil([&] { return queue->stats().queuedBuffers > 0; }, 10s);
            place = {};
            times.push_back(seen.read().sum * 1e3);
        }
        stage.end();
    }
    std::sort(times.begin(), times.end());
    const auto at = [&](double share) {
        return times[static_cast<std::size_t>(share * static_cast<double>(times.size() - 1))];
    };
    std::printf("first keyframe after attach: %d samples, p50 %.0f ms, p95 %.0f ms, longest %.0f ms\n",
                samples, at(0.5), at(0.95), times.back());
    return at(0.95) <= 250;
}

} // namespace

int main(int argc, char** argv) {
    gst_init(&argc, &argv);
    int cycles = 10'000;
    int samples = 60;
    bool check = false;
    for (int i = 1; i < argc; ++i) {
        const std::string_view word = argv[i];
        if (word == "--check") check = true;
        if (word == "--short") samples = 20;
        if (word == "--cycles" && i + 1 < argc) cycles = std::atoi(argv[++i]);
        if (word == "--samples" && i + 1 < argc) samples = std::atoi(argv[++i]);
    }
    Loop loop;
    const bool steady = churn(loop, cycles);
    const bool quick = firstKeyframe(loop, samples);
    if (check && !steady) std::puts("FAILED: attaching and detaching left something or cost a packet");
    if (check && !quick) std::puts("FAILED: p95 of the first keyframe is over 250 ms");
    return check && !(steady && quick) ? 1 : 0;
}
