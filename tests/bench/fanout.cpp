// CPU per packet and branch behind a tee, at 1, 10, 100 and 500 branches, in one run:
//   ours     tee → appsink → FrameQueue → output loop (an output that does nothing)
//   shared   the same, but one appsink for all queues, as the viewers of a track have it
//   fakesink tee → fakesink: the floor
//   queue    tee → queue → appsink with a callback: what one would build from GStreamer's parts
// Packets come in frames of eight, paced, as from a 720p track; CPU time of the whole process counts, readers
// included.
//
//   bench_fanout [--packets N] [--short] [--check]
//     --short: 800 packets
//     --check: exit 1 unless at 100 branches ours costs at most 1/8 of queue; a ratio, because machines are
//     noisy
#include "relay/outputs/output_loop.h"
#include "relay/track/branch.h"
#include "relay/track/input.h"
#include "relay/track/packet_rendition.h"
#include "support/cpu_time.h"
#include "support/packet_source.h"

#include <gst/app/gstappsink.h>

#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <vector>

using namespace spillway;
using namespace spillway::relay;
using namespace std::chrono_literals;

namespace {

struct NullOutput : Output {
    bool write(const Frame&) override { return true; }
    void close(EndReason) override {}
};

/// A tee behind a packet source, with branches of one kind.
template <bool shared>
class Ours {
  public:
    Ours(Loop& loop, gst::Tee& tee, int queues) {
        const auto rendition = std::make_shared<PacketRendition>(tee, MediaKind::video);
        const auto counters = std::make_shared<TrackCounters>(1, MediaKind::video);
        outputs_ = std::make_unique<OutputLoop>(loop, "bench");
        for (int i = 0; i < queues; ++i) {
            const auto id = outputs_->reserve();
            FrameQueue::Hooks hooks;
            hooks.wakeReader = [this, id] { outputs_->wake(id); };
            auto queue = std::make_shared<FrameQueue>(
                QueueBounds{2048, 8 << 20, 5s, QueuePolicy::dropToKeyframe}, std::move(hooks));
            outputs_->add(
                id, queue, std::make_unique<NullOutput>(), [] {}, [](EndReason) {});
            if (!shared || branches_.empty())
                branches_.push_back(std::make_unique<Branch>(rendition, queue, counters));
            else
                branches_.front()->add(queue);
            queues_.push_back(std::move(queue));
        }
    }
    ~Ours() { branches_.clear(); }

    std::uint64_t delivered() const {
        std::uint64_t sum = 0;
        for (const auto& queue : queues_)
            sum += queue->stats().delivered;
        return sum;
    }

  private:
    std::unique_ptr<OutputLoop> outputs_;
    std::vector<std::shared_ptr<FrameQueue>> queues_;
    std::vector<std::unique_ptr<Branch>> branches_;
};

class Floor {
  public:
    Floor(Loop&, gst::Tee& tee, int branches) {
        for (int i = 0; i < branches; ++i) {
            auto sink = gst::makeElement("fakesink");
            g_object_set(sink.get(), "async", FALSE, "sync", FALSE, "enable-last-sample", FALSE, "silent",
                         TRUE, nullptr);
            branches_.push_back(std::make_unique<gst::TeeBranch>(tee, std::move(sink)));
        }
    }
    static std::uint64_t delivered() { return 0; }

  private:
    std::vector<std::unique_ptr<gst::TeeBranch>> branches_;
};

class Queued {
  public:
    Queued(Loop&, gst::Tee& tee, int branches) {
        for (int i = 0; i < branches; ++i)
            branches_.push_back(std::make_unique<gst::TeeBranch>(tee, makeBin()));
    }
    std::uint64_t delivered() const { return delivered_; }

  private:
    static GstFlowReturn onSample(GstAppSink* sink, gpointer count) {
        gst_sample_unref(gst_app_sink_pull_sample(sink));
        static_cast<std::atomic<std::uint64_t>*>(count)->fetch_add(1, std::memory_order_relaxed);
        return GST_FLOW_OK;
    }

    gst::Ref<GstElement> makeBin() {
        auto bin = gst::Ref<GstElement>::sink(gst_bin_new(nullptr));
        const auto queue = gst::makeElement("queue");
        const auto sink = gst::makeElement("appsink");
        g_object_set(sink.get(), "async", FALSE, "sync", FALSE, "enable-last-sample", FALSE, nullptr);
        GstAppSinkCallbacks callbacks{};
        callbacks.new_sample = onSample;
        gst_app_sink_set_callbacks(gst::cast<GstAppSink>(sink.get()), &callbacks, &delivered_, nullptr);
        gst::addTo(bin.get(), queue);
        gst::addTo(bin.get(), sink);
        gst_element_link(queue.get(), sink.get());
        gst_element_add_pad(bin.get(), gst_ghost_pad_new("sink", gst::staticPad(queue.get(), "sink").get()));
        return bin;
    }

    std::atomic<std::uint64_t> delivered_{0};
    std::vector<std::unique_ptr<gst::TeeBranch>> branches_;
};

void pushPaced(test::PacketSource& source, std::uint64_t packets) {
    constexpr int perFrame = 8;
    auto next = std::chrono::steady_clock::now();
    for (std::uint64_t i = 0; i < packets; ++i) {
        if (i % perFrame == 0) {
            next += 8ms;
            std::this_thread::sleep_until(next);
        }
        source.push();
    }
}

/// Microseconds of CPU for each packet and branch; making the packet is shared by its branches.
template <class Kind>
double measure(Loop& loop, int branches, std::uint64_t packets) {
    test::PacketSource packetSource;
    gst::Tee tee(packetSource.pipeline());
    gst_pad_link(packetSource.incoming().pad, tee.sink());
    double cost = 0;
    {
        Kind kind(loop, tee, branches);
        pushPaced(packetSource, 80);
        const double before = test::cpuSeconds();
        pushPaced(packetSource, packets);
        if (kind.delivered() > 0) // the readers' share belongs to the price
            loop.runUntil(
                [&] { return kind.delivered() >= (packets + 80) * static_cast<std::uint64_t>(branches); },
                2s);
        cost = test::cpuSeconds() - before;
    }
    gst_pad_unlink(packetSource.incoming().pad, tee.sink());
    return cost * 1e6 / static_cast<double>(packets) / branches;
}

} // namespace

int main(int argc, char** argv) {
    gst_init(&argc, &argv);
    std::uint64_t packets = 2400;
    bool check = false;
    for (int i = 1; i < argc; ++i) {
        if (std::string_view(argv[i]) == "--check") check = true;
        if (std::string_view(argv[i]) == "--short") packets = 800;
        if (std::string_view(argv[i]) == "--packets" && i + 1 < argc)
            packets = std::strtoull(argv[++i], nullptr, 10);
    }
    Loop loop;
    std::printf("CPU microseconds per packet and branch (%llu packets)\n",
                static_cast<unsigned long long>(packets));
    std::printf("%8s %8s %8s %9s %8s %14s %12s %12s\n", "branches", "ours", "shared", "fakesink", "queue",
                "ours/fakesink", "ours/queue", "shared/ours");
    bool met = true;
    for (const int branches : {1, 10, 100, 500}) {
        const auto count = branches == 500 ? packets / 4 : packets;
        const double ours = measure<Ours<false>>(loop, branches, count);
        const double shared = measure<Ours<true>>(loop, branches, count);
        const double floor = measure<Floor>(loop, branches, count);
        const double queued = measure<Queued>(loop, branches, count);
        std::printf("%8d %8.2f %8.2f %9.2f %8.2f %14.2f %12.3f %12.3f\n", branches, ours, shared, floor,
                    queued, ours / floor, ours / queued, shared / ours);
        if (branches == 100) met = ours <= queued / 8;
    }
    if (check && !met) std::puts("FAILED: at 100 branches ours must cost at most 1/8 of queue");
    return check && !met ? 1 : 0;
}
