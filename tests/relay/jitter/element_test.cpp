// The element as rtpbin uses it: pads, events, the thread of the timers.
#include "relay/jitter/element.h"

#include "relay/gst/element.h"
#include "relay/gst/probe.h"

#include "support/catch.h"
#include "support/leak_guard.h"
#include "support/wait.h"

#include <gst/rtp/rtp.h>

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

using namespace spillway;
using namespace spillway::relay;
using namespace spillway::test;
using namespace std::chrono_literals;

namespace {

GstBuffer* makePacket(std::uint16_t sequence, unsigned payloadType = 96) {
    GstBuffer* buffer = gst_rtp_buffer_new_allocate(10, 0, 0);
    GstRTPBuffer rtp = GST_RTP_BUFFER_INIT;
    gst_rtp_buffer_map(buffer, GST_MAP_WRITE, &rtp);
    gst_rtp_buffer_set_ssrc(&rtp, 4711);
    gst_rtp_buffer_set_seq(&rtp, sequence);
    gst_rtp_buffer_set_timestamp(&rtp, std::uint32_t{sequence} * 900);
    gst_rtp_buffer_set_payload_type(&rtp, static_cast<guint8>(payloadType));
    gst_rtp_buffer_unmap(&rtp);
    return buffer;
}

/// The element in PLAYING with a pad before and behind it.
struct Stage {
    explicit Stage(std::shared_ptr<jitter::Timers> ring = jitter::sharedTimers())
        : timers(std::move(ring)) {
        g_object_set(element.get(), "latency", 50U, "do-retransmission", TRUE, "do-lost", TRUE, nullptr);
        g_signal_connect(element.get(), "request-pt-map", G_CALLBACK(+[](GstElement*, guint, gpointer) {
                             return gst_caps_new_simple("application/x-rtp", "clock-rate", G_TYPE_INT, 90000,
                                                        nullptr);
                         }),
                         nullptr);
        gst_pad_set_element_private(sink.get(), this);
        gst_pad_set_chain_function(sink.get(), onBuffer);
        gst_pad_set_event_function(sink.get(), onEvent);
        gst_pad_set_element_private(source.get(), this);
        gst_pad_set_event_function(source.get(), onUpstream);
        gst_pad_link(source.get(), gst::staticPad(element.get(), "sink").get());
        gst_pad_link(gst::staticPad(element.get(), "src").get(), sink.get());
        gst_pad_set_active(sink.get(), TRUE);
        gst_pad_set_active(source.get(), TRUE);
        gst_element_set_state(element.get(), GST_STATE_PLAYING);
        gst_pad_push_event(source.get(), gst_event_new_stream_start("test"));
        const auto caps = gst::Ref<GstCaps>::adopt(gst_caps_new_empty_simple("application/x-rtp"));
        gst_pad_push_event(source.get(), gst_event_new_caps(caps.get()));
        GstSegment segment;
        gst_segment_init(&segment, GST_FORMAT_TIME);
        gst_pad_push_event(source.get(), gst_event_new_segment(&segment));
    }
    ~Stage() {
        gst_element_set_state(element.get(), GST_STATE_NULL);
        gst_pad_set_active(sink.get(), FALSE);
        gst_pad_set_active(source.get(), FALSE);
    }
    void push(std::uint16_t sequence, unsigned payloadType = 96) {
        CHECK(gst_pad_push(source.get(), makePacket(sequence, payloadType)) == GST_FLOW_OK);
    }
    std::vector<int> numbers() {
        const std::lock_guard lock(mutex);
        return out;
    }
    bool comes(const std::vector<int>& wanted) {
        return eventually([&] { return numbers() == wanted; }, 2s);
    }
    std::uint64_t stat(const char* name) {
        GstStructure* stats = nullptr;
        g_object_get(element.get(), "stats", &stats, nullptr);
        guint64 value = 0;
        gst_structure_get_uint64(stats, name, &value);
        gst_structure_free(stats);
        return value;
    }

    static GstFlowReturn onBuffer(GstPad* pad, GstObject*, GstBuffer* buffer) {
        auto& stage = *static_cast<Stage*>(gst_pad_get_element_private(pad));
        GstRTPBuffer rtp = GST_RTP_BUFFER_INIT;
        gst_rtp_buffer_map(buffer, GST_MAP_READ, &rtp);
        {
            const std::lock_guard lock(stage.mutex);
            stage.out.push_back(gst_rtp_buffer_get_seq(&rtp));
            stage.discontinuous.push_back(GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_DISCONT) != FALSE);
            stage.times.push_back(GST_BUFFER_PTS(buffer));
        }
        gst_rtp_buffer_unmap(&rtp);
        gst_buffer_unref(buffer);
        while (stage.stalls)
            std::this_thread::yield();
        return stage.flow;
    }
    static gboolean onEvent(GstPad* pad, GstObject*, GstEvent* event) {
        auto& stage = *static_cast<Stage*>(gst_pad_get_element_private(pad));
        if (const GstStructure* structure = gst_event_get_structure(event);
            structure && gst_structure_has_name(structure, "GstRTPPacketLost")) {
            guint first = 0;
            gst_structure_get_uint(structure, "seqnum", &first);
            const std::lock_guard lock(stage.mutex);
            stage.out.push_back(-static_cast<int>(first));
        }
        if (GST_EVENT_TYPE(event) == GST_EVENT_EOS) ++stage.ends;
        gst_event_unref(event);
        return TRUE;
    }
    static gboolean onUpstream(GstPad* pad, GstObject*, GstEvent* event) {
        auto& stage = *static_cast<Stage*>(gst_pad_get_element_private(pad));
        const GstStructure* structure = gst_event_get_structure(event);
        if (structure && gst_structure_has_name(structure, "GstRTPRetransmissionRequest")) {
            guint sequence = 0;
            gst_structure_get_uint(structure, "seqnum", &sequence);
            stage.requested = static_cast<int>(sequence);
        } else {
            ++stage.upstream;
        }
        gst_event_unref(event);
        return TRUE;
    }

    std::shared_ptr<jitter::Timers> timers;
    gst::Ref<GstElement> element = gst::Ref<GstElement>::sink(jitter::newElement(timers));
    gst::Ref<GstPad> source = gst::Ref<GstPad>::sink(gst_pad_new("before", GST_PAD_SRC));
    gst::Ref<GstPad> sink = gst::Ref<GstPad>::sink(gst_pad_new("behind", GST_PAD_SINK));
    std::mutex mutex;
    std::vector<int> out; ///< sequence numbers; negative the first that was lost
    std::vector<bool> discontinuous;
    std::vector<GstClockTime> times;
    std::atomic<int> requested{-1};
    std::atomic<int> upstream{0};
    std::atomic<int> ends{0};
    std::atomic<bool> stalls{false};
    std::atomic<GstFlowReturn> flow{GST_FLOW_OK};
};

using Numbers = std::vector<int>;

} // namespace

TEST_CASE("a jitter buffer pushes on the thread that comes, and its gaps on that of the timers") {
    const LeakGuard guard;
    {
        Stage stage;
        stage.push(1);
        stage.push(2);
        CHECK(stage.numbers() == Numbers{1, 2});
        stage.push(5);
        CHECK(stage.numbers() == Numbers{1, 2});
        CHECK(stage.comes({1, 2, -3, 5}));
        stage.push(6);
        CHECK(stage.numbers() == Numbers{1, 2, -3, 5, 6});
        CHECK(stage.discontinuous == std::vector<bool>{true, false, true, false});
        CHECK(stage.times[3] - stage.times[0] == 50 * GST_MSECOND);
        CHECK(stage.stat("num-lost") == 2);
        CHECK(stage.stat("num-pushed") == 4);
        CHECK(guard.left().size() <= 6); // one thread and its descriptors
    }
    guard.require();
}

TEST_CASE("a jitter buffer asks upstream for what is missing") {
    Stage stage;
    g_object_set(stage.element.get(), "latency", 1000U, nullptr);
    stage.push(1);
    stage.push(3);
    CHECK(eventually([&] { return stage.requested == 2; }, 2s));
    stage.push(2);
    CHECK(stage.numbers() == Numbers{1, 2, 3});
}

TEST_CASE("an event from downstream goes up once, though there is a pad for RTCP") {
    Stage stage;
    auto rtcp = gst::Ref<GstPad>::adopt(gst_element_request_pad_simple(stage.element.get(), "sink_rtcp"));
    REQUIRE(rtcp);
    auto other = gst::Ref<GstPad>::sink(gst_pad_new("rtcp", GST_PAD_SRC));
    gst_pad_link(other.get(), rtcp.get());
    gst_pad_set_element_private(other.get(), &stage);
    gst_pad_set_event_function(other.get(), Stage::onUpstream);
    gst_pad_set_active(other.get(), TRUE);
    gst_pad_push_event(stage.sink.get(), gst_event_new_reconfigure());
    CHECK(stage.upstream == 1);
    gst_pad_set_active(other.get(), FALSE);
    gst_element_release_request_pad(stage.element.get(), rtcp.get());
}

TEST_CASE("at the end of a stream everything held goes before it; a flush drops it") {
    Stage stage;
    stage.push(1);
    stage.push(3);
    gst_pad_push_event(stage.source.get(), gst_event_new_flush_start());
    gst_pad_push_event(stage.source.get(), gst_event_new_flush_stop(TRUE));
    GstSegment segment;
    gst_segment_init(&segment, GST_FORMAT_TIME);
    gst_pad_push_event(stage.source.get(), gst_event_new_segment(&segment));
    stage.push(100);
    stage.push(102);
    gst_pad_push_event(stage.source.get(), gst_event_new_eos());
    CHECK(stage.numbers() == Numbers{1, 100, -101, 102});
    CHECK(stage.ends == 1);
}

TEST_CASE("a downstream that refuses stops nobody upstream, and takes up again") {
    Stage stage;
    stage.flow = GST_FLOW_NOT_LINKED;
    stage.push(1);
    stage.push(2);
    stage.flow = GST_FLOW_OK;
    stage.push(3);
    CHECK(stage.numbers() == Numbers{1, 2, 3});
}

TEST_CASE("a payload type that is new or comes back is not pushed by the timers, but with the next packet") {
    Stage stage;
    g_object_set(stage.element.get(), "do-retransmission", FALSE, nullptr);
    stage.push(1);
    stage.push(3, 102);
    stage.push(4, 102);
    REQUIRE(eventually([&] { return stage.stat("num-lost") == 1; }, 2s));
    CHECK(stage.numbers() == Numbers{1});
    stage.push(5, 102);
    CHECK(stage.numbers() == Numbers{1, -2, 3, 4, 5});
    stage.push(7);
    REQUIRE(eventually([&] { return stage.stat("num-lost") == 2; }, 2s));
    CHECK(stage.numbers().size() == 5);
    stage.push(8);
    CHECK(stage.numbers() == Numbers{1, -2, 3, 4, 5, -6, 7, 8});
}

TEST_CASE("a stream that stalls in a push does not hold up the timers of others") {
    Stage stuck;
    Stage other;
    stuck.push(1);
    stuck.push(3);
    stuck.stalls = true;
    std::thread pusher([&] { stuck.push(2); });
    REQUIRE(eventually([&] { return stuck.numbers().size() == 2; }, 2s));
    other.push(1);
    other.push(3);
    CHECK(other.comes({1, -2, 3}));
    stuck.stalls = false;
    pusher.join();
    CHECK(stuck.numbers() == Numbers{1, 2, 3});
}

TEST_CASE("jitter buffers that stop with gaps open leave nothing") {
    const LeakGuard guard;
    for (int i = 0; i < 300; ++i) {
        Stage stage;
        g_object_set(stage.element.get(), "latency", 10U, nullptr);
        stage.push(1);
        for (std::uint16_t sequence = 3; sequence < 30; sequence += 2)
            stage.push(sequence);
        // Sometimes with the alarm, sometimes before it.
        if (i % 3 == 0) eventually([&] { return stage.numbers().size() > 1; }, 1s);
    }
    guard.require();
}

namespace {

/// Rings when the test says so, and counts what is set.
class TestTimers : public jitter::Timers {
  public:
    void set(std::weak_ptr<jitter::Alarm> alarm, Clock::time_point at) override {
        waiting_.emplace(at, std::move(alarm));
    }
    void ring() {
        while (!waiting_.empty() && waiting_.begin()->first <= Clock::now()) {
            const auto node = waiting_.extract(waiting_.begin());
            const auto alarm = node.mapped().lock();
            if (const auto again = alarm ? alarm->onAlarm(Clock::now()) : std::nullopt)
                waiting_.emplace(std::max(*again, Clock::now() + 1ms), alarm);
        }
    }
    std::size_t waiting() const { return waiting_.size(); }

  private:
    std::multimap<Clock::time_point, std::weak_ptr<jitter::Alarm>> waiting_;
};

} // namespace

TEST_CASE("a stream that loses packets all the time does not pile up alarms") {
    const auto timers = std::make_shared<TestTimers>();
    Stage stage(timers);
    g_object_set(stage.element.get(), "latency", 200U, nullptr);
    std::uint16_t sequence = 0;
    std::size_t most = 0;
    stage.push(++sequence);
    CHECK(eventually(
        [&] {
            if (++sequence % 16 != 0) stage.push(sequence);
            timers->ring();
            most = std::max(most, timers->waiting());
            return stage.stat("num-lost") > 50;
        },
        5s));
    CHECK(most <= 3);
}
