#include "relay/track/marker.h"

#include "relay/base/loop.h"
#include "relay/gst/buffer_map.h"
#include "relay/gst/probe.h"
#include "relay/gst/ref.h"

#include "support/catch.h"

#include <gst/video/video.h>

#include <thread>
#include <vector>

using namespace spillway;
using namespace spillway::relay;
using namespace std::chrono_literals;

namespace {

using Raw = std::vector<std::uint8_t>;

/// VP8, with a playout delay under 5; its first payload byte behind the descriptor says whether it is a
/// keyframe.
Raw packetOf(std::uint16_t sequence, bool keyframe) {
    Raw packet{0x90, 96,
               0,    0,
               0,    0,
               0,    0,
               0,    0,
               0,    9, // X
               0xBE, 0xDE,
               0,    1,
               0x52, 1,
               2,    3, // one word of extensions
               0x10, static_cast<std::uint8_t>(keyframe ? 0 : 1)};
    packet[2] = static_cast<std::uint8_t>(sequence >> 8);
    packet[3] = static_cast<std::uint8_t>(sequence);
    packet[7] = static_cast<std::uint8_t>(sequence); // a picture each
    return packet;
}

/// The same, as a packet of H.264 with this payload and the mark of a frame's end.
Raw h264(std::uint16_t sequence, const Raw& payload) {
    Raw packet = packetOf(sequence, false);
    packet[1] |= 0x80;
    packet.resize(packet.size() - 2);
    packet.insert(packet.end(), payload.begin(), payload.end());
    return packet;
}

/// A pad whose data and events pass a marker, as the sink of an input's tee does.
struct Stage {
    explicit Stage(MediaKind kind = MediaKind::video, const char* sets = nullptr)
        : counters(std::make_shared<TrackCounters>(1, kind))
        , marker(counters, [this](gst::Ref<GstBuffer> packet) { gst_pad_chain(pad.get(), packet.release()); })
        , pad(gst::Ref<GstPad>::sink(gst_pad_new("sink", GST_PAD_SINK))) {
        constexpr auto data = static_cast<GstPadProbeType>(
            GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST | GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM);
        probe = gst::PadProbe(pad.get(), data, [this](GstPadProbeInfo* info) { return marker.onData(info); });
        g_object_set_data(reinterpret_cast<GObject*>(pad.get()), "stage", this);
        gst_pad_set_chain_function(pad.get(), onBuffer);
        gst_pad_set_chain_list_function(pad.get(), onList);
        gst_pad_set_active(pad.get(), TRUE);
        gst_pad_send_event(pad.get(), gst_event_new_stream_start("packets"));
        GstCaps* caps = gst_caps_new_simple(
            "application/x-rtp", "media", G_TYPE_STRING, kind == MediaKind::video ? "video" : "audio",
            "encoding-name", G_TYPE_STRING,
            sets                       ? "H264"
            : kind == MediaKind::video ? "VP8"
                                       : "OPUS",
            "extmap-5", G_TYPE_STRING, std::string(rtp::playoutDelayUri).c_str(), nullptr);
        if (sets) gst_caps_set_simple(caps, "sprop-parameter-sets", G_TYPE_STRING, sets, nullptr);
        gst_pad_send_event(pad.get(), gst_event_new_caps(caps));
        gst_caps_unref(caps);
        GstSegment segment;
        gst_segment_init(&segment, GST_FORMAT_TIME);
        gst_pad_send_event(pad.get(), gst_event_new_segment(&segment));
        marker.letFirstPacketGo();
    }
    ~Stage() { gst_pad_set_active(pad.get(), FALSE); }
    Stage(const Stage&) = delete;
    Stage& operator=(const Stage&) = delete;

    static GstBuffer* bufferOf(const Raw& packet) {
        return gst_buffer_new_memdup(packet.data(), packet.size());
    }
    void push(const Raw& packet) { gst_pad_chain(pad.get(), bufferOf(packet)); }

    /// Downstream of the marker: what a branch sees.
    struct Seen {
        bool delta;
        std::optional<rtp::Packet> packet;
        Raw bytes;
    };
    static Raw bytesOf(GstBuffer* buffer) {
        const gst::BufferMap map(buffer);
        return {map.bytes().begin(), map.bytes().end()};
    }
    static GstFlowReturn onBuffer(GstPad* pad, GstObject* /*parent*/, GstBuffer* buffer) noexcept {
        auto* self = static_cast<Stage*>(g_object_get_data(reinterpret_cast<GObject*>(pad), "stage"));
        self->seen.push_back({GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_DELTA_UNIT) != FALSE,
                              self->counters->packetOf(buffer), bytesOf(buffer)});
        gst_buffer_unref(buffer);
        return GST_FLOW_OK;
    }
    /// As a tee takes it: without this the pad would push each buffer of the list past the marker once more.
    static GstFlowReturn onList(GstPad* pad, GstObject* parent, GstBufferList* list) noexcept {
        for (guint i = 0; i < gst_buffer_list_length(list); ++i)
            onBuffer(pad, parent, gst_buffer_ref(gst_buffer_list_get(list, i)));
        gst_buffer_list_unref(list);
        return GST_FLOW_OK;
    }

    std::shared_ptr<TrackCounters> counters;
    Marker marker;
    gst::Ref<GstPad> pad;
    gst::PadProbe probe;
    std::vector<Seen> seen;
};

} // namespace

TEST_CASE("a packet is read once, counted, and flagged unless a keyframe starts with it") {
    Stage stage;
    stage.push(packetOf(1, true));
    stage.push(packetOf(2, false));
    REQUIRE(stage.seen.size() == 2);
    CHECK_FALSE(stage.seen[0].delta);
    CHECK(stage.seen[1].delta);
    REQUIRE(stage.seen[1].packet);
    CHECK(stage.seen[1].packet->sequence == 2);
    CHECK(stage.seen[1].packet->ssrc == 9);
    CHECK(stage.seen[1].packet->payloadBytes == 2);
    CHECK(stage.seen[1].packet->playoutDelay == rtp::PlayoutDelay{1, 2, 3});
    CHECK(stage.counters->packets == 2);
    CHECK(stage.counters->bytes == 2 * packetOf(1, true).size());
}

TEST_CASE("each packet of a buffer list has its own reading") {
    Stage stage;
    GstBufferList* list = gst_buffer_list_new();
    for (std::uint16_t sequence = 1; sequence <= 3; ++sequence)
        gst_buffer_list_add(list, Stage::bufferOf(packetOf(sequence, sequence == 2)));
    gst_pad_chain_list(stage.pad.get(), list);
    REQUIRE(stage.seen.size() == 3);
    for (std::size_t i = 0; i < 3; ++i) {
        REQUIRE(stage.seen[i].packet);
        CHECK(stage.seen[i].packet->sequence == i + 1);
        CHECK(stage.seen[i].delta == (i != 1));
    }
}

TEST_CASE("what is no packet is passed on without a reading, and as no keyframe") {
    Stage stage;
    stage.push(Raw(20, 0xFF));
    REQUIRE(stage.seen.size() == 1);
    CHECK_FALSE(stage.seen[0].packet);
    CHECK(stage.seen[0].delta);
}

TEST_CASE("audio is read and never flagged") {
    Stage stage(MediaKind::audio);
    stage.push(packetOf(7, false));
    REQUIRE(stage.seen.size() == 1);
    CHECK_FALSE(stage.seen[0].delta);
    REQUIRE(stage.seen[0].packet);
    CHECK(stage.seen[0].packet->sequence == 7);
}

TEST_CASE("a picture without its parameter sets gets a packet with them, and what follows is numbered on") {
    Stage stage(MediaKind::video, "Z0LgH4xo,aM48gA==");
    stage.push(h264(65534, {0x41, 1}));
    stage.push(h264(65535, {0x65, 1}));
    stage.push(h264(0, {0x65, 2})); // more of it
    stage.push(h264(1, {0x41, 1}));
    stage.push(h264(2, {0x65, 1}));
    std::vector<std::uint16_t> sequences;
    std::vector<bool> deltas;
    for (const auto& seen : stage.seen) {
        REQUIRE(seen.packet);
        CHECK(seen.packet->sequence == rtp::readPacket(seen.bytes)->sequence);
        sequences.push_back(seen.packet->sequence);
        deltas.push_back(seen.delta);
    }
    // The timestamp is in the low byte of the number: 65535 and 0 are two pictures, each with its sets.
    CHECK(sequences == std::vector<std::uint16_t>{65534, 65535, 0, 1, 2, 3, 4, 5});
    CHECK(deltas == std::vector<bool>{true, false, true, false, true, true, false, true});
    const auto& sets = stage.seen[1];
    CHECK(sets.packet->timestamp == stage.seen[2].packet->timestamp);
    CHECK_FALSE(sets.packet->marker);
    CHECK(stage.seen[2].packet->marker);
    CHECK(sets.packet->payload(sets.bytes)[0] == 0x78);
    CHECK(stage.counters->packets == 5); // of the publisher
}

TEST_CASE("a depayloader's request for a keyframe ends at the marker and becomes a wish") {
    Loop loop;
    Stage stage;
    const auto broker = std::make_shared<KeyframeBroker>(loop, KeyframeBroker::Source{[] {}});
    stage.marker.setBroker(broker);
    GstPadProbeInfo info{};
    info.type = GST_PAD_PROBE_TYPE_EVENT_UPSTREAM;
    info.data = gst_video_event_new_upstream_force_key_unit(GST_CLOCK_TIME_NONE, TRUE, 0);
    CHECK(stage.marker.onUpstream(&info) == GST_PAD_PROBE_DROP);
    gst_event_unref(static_cast<GstEvent*>(info.data));
    CHECK(broker->wishes().at(static_cast<std::size_t>(WishReason::decoder)) == 1);
    stage.push(packetOf(1, true));
    CHECK(broker->keyframes() == 1);
    broker->close();
}

TEST_CASE("a packet that is held goes on when the loop lets it, or after a moment") {
    Stage stage;
    stage.marker.holdNextPacket();
    const auto begin = Clock::now();
    std::thread streaming([&] { stage.push(packetOf(1, true)); });
    stage.marker.letFirstPacketGo();
    streaming.join();
    CHECK(stage.seen.size() == 1);
    stage.marker.holdNextPacket();
    stage.push(packetOf(2, false)); // nobody lets it go
    CHECK(stage.seen.size() == 2);
    CHECK(Clock::now() - begin < 5s);
}
