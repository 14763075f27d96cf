#include "relay/gst/probe.h"
#include "relay/gst/tee.h"

#include "support/catch.h"

#include <atomic>
#include <memory>
#include <optional>
#include <thread>

using namespace spillway;

namespace {

gst::Ref<GstElement> makeSink() {
    auto sink = gst::makeElement("fakesink");
    g_object_set(sink.get(), "async", FALSE, "sync", FALSE, nullptr);
    return sink;
}

GstEvent* capsEvent(const char* text) {
    const auto caps = gst::Ref<GstCaps>::adopt(gst_caps_from_string(text));
    return gst_event_new_caps(caps.get());
}

/// A tee in a playing pipeline, and the pad that feeds it.
struct Fed {
    Fed()
        : pipeline(gst::Ref<GstElement>::sink(gst_pipeline_new(nullptr)))
        , source(gst::Ref<GstPad>::sink(gst_pad_new("src", GST_PAD_SRC)))
        , tee((gst_element_set_state(pipeline.get(), GST_STATE_PLAYING), pipeline.get())) {
        gst_pad_set_active(source.get(), TRUE);
        gst_pad_link(source.get(), tee->sink());
        gst_pad_push_event(source.get(), gst_event_new_stream_start("test"));
    }
    Fed(const Fed&) = delete;
    Fed& operator=(const Fed&) = delete;
    ~Fed() {
        tee.reset();
        gst_element_set_state(pipeline.get(), GST_STATE_NULL);
    }

    bool begin() {
        GstSegment segment;
        gst_segment_init(&segment, GST_FORMAT_TIME);
        return gst_pad_push_event(source.get(), capsEvent("application/x-rtp")) &&
               gst_pad_push_event(source.get(), gst_event_new_segment(&segment));
    }
    GstFlowReturn push() { return gst_pad_push(source.get(), gst_buffer_new_allocate(nullptr, 10, nullptr)); }

    gst::Ref<GstElement> pipeline;
    gst::Ref<GstPad> source;
    std::optional<gst::Tee> tee;
};

} // namespace

TEST_CASE("a branch that refuses the format ends nothing but itself") {
    Fed fed;
    const gst::TeeBranch picky(*fed.tee, gst::makeElement("rawaudioparse"));
    CHECK(fed.begin());
    const auto caps = gst::Ref<GstCaps>::adopt(gst_pad_get_current_caps(fed.tee->sink()));
    CHECK(caps);
}

TEST_CASE("a stream goes on when its drain leaves while it begins") {
    for (int round = 0; round < 1000; ++round) {
        Fed fed;
        std::optional<gst::TeeBranch> drain(std::in_place, *fed.tee, makeSink());
        std::atomic<bool> begun{false};
        GstFlowReturn result = GST_FLOW_ERROR;
        std::thread streaming([&] {
            begun.store(true);
            fed.begin();
            result = fed.push();
        });
        while (!begun.load())
            std::this_thread::yield();
        drain.reset();
        streaming.join();
        REQUIRE(result == GST_FLOW_OK);
    }
}

TEST_CASE("a branch that comes while the stream begins sees its format before its first packet") {
    for (int round = 0; round < 1000; ++round) {
        Fed fed;
        std::atomic<bool> stop{false};
        std::atomic<int> formless{0};
        std::thread streaming([&] {
            bool fine = fed.begin();
            while (fine && !stop.load())
                fine = fed.push() == GST_FLOW_OK;
            if (!fine) formless.fetch_add(1000);
        });
        auto sink = makeSink();
        const auto pad = gst::staticPad(sink.get(), "sink");
        std::atomic<int> packets{0};
        const gst::PadProbe probe(pad.get(), GST_PAD_PROBE_TYPE_BUFFER, [&](GstPadProbeInfo*) {
            const auto caps = gst::Ref<GstCaps>::adopt(gst_pad_get_current_caps(pad.get()));
            if (!caps) formless.fetch_add(1);
            packets.fetch_add(1);
            return GST_PAD_PROBE_OK;
        });
        {
            const gst::TeeBranch branch(*fed.tee, sink);
            while (packets.load() == 0 && formless.load() == 0)
                std::this_thread::yield();
        }
        stop.store(true);
        streaming.join();
        REQUIRE(formless.load() == 0);
    }
}
