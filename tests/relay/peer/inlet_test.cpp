#include "relay/peer/inlet.h"

#include "relay/base/big_endian.h"
#include "relay/gst/buffer_map.h"
#include "relay/gst/element.h"
#include "relay/gst/live_source.h"
#include "relay/gst/pipeline.h"
#include "relay/gst/probe.h"
#include "support/catch.h"
#include "support/wait.h"

#include <atomic>
#include <mutex>
#include <semaphore>
#include <thread>
#include <vector>

using namespace spillway;
using relay::Inlet;
using test::eventually;

namespace {

struct Arrived {
    unsigned number;
    bool here; ///< on the thread of the test
};

/// What is behind the inlet: notes packets, and may make who brings one wait.
class Outlet {
  public:
    explicit Outlet(relay::ingest::SlowLane* lane)
        : inlet(std::make_shared<Inlet>(source_, lane)) {
        gst::addTo(pipeline_.get(), source_);
        const auto sink = gst::makeElement("fakesink");
        g_object_set(sink.get(), "sync", FALSE, "async", FALSE, nullptr);
        gst::addTo(pipeline_.get(), sink);
        gst_element_link(source_.get(), sink.get());
        const auto pad = gst::staticPad(sink.get(), "sink");
        probe_ = gst::PadProbe(pad.get(), GST_PAD_PROBE_TYPE_BUFFER, [this](GstPadProbeInfo* info) {
            note(gst_pad_probe_info_get_buffer(info));
            return GST_PAD_PROBE_OK;
        });
        REQUIRE(pipeline_.play());
    }
    ~Outlet() {
        gates.release(1000);
        gst_element_set_state(pipeline_.get(), GST_STATE_NULL);
    }
    Outlet(const Outlet&) = delete;
    Outlet& operator=(const Outlet&) = delete;

    void push(std::uint32_t ssrc = 1, std::uint8_t payloadType = 96) {
        GstBuffer* buffer = gst_buffer_new_allocate(nullptr, sizeof pushed_, nullptr);
        gst_buffer_fill(buffer, 0, &pushed_, sizeof pushed_);
        ++pushed_;
        inlet->push(gst::Ref<GstBuffer>::adopt(buffer), ssrc, payloadType);
    }
    std::vector<Arrived> arrived() const {
        const std::lock_guard lock(mutex_);
        return arrived_;
    }
    /// Whether one more packet comes by the thread that pushes it. Waits until it came.
    bool isDirect(std::uint32_t ssrc = 1, std::uint8_t payloadType = 96) {
        const unsigned number = pushed_;
        push(ssrc, payloadType);
        REQUIRE(eventually([&] { return !arrived().empty() && arrived().back().number == number; }));
        return arrived().back().here;
    }
    bool becomesDirect(std::uint32_t ssrc = 1, std::uint8_t payloadType = 96) {
        return eventually([&] { return isDirect(ssrc, payloadType); });
    }
    void inOrder() const {
        const auto all = arrived();
        for (std::size_t i = 1; i < all.size(); ++i)
            REQUIRE(all[i].number > all[i - 1].number);
    }

    std::atomic<bool> closed{false};
    std::counting_semaphore<> gates{0}; ///< lets one packet pass while closed

  private:
    void note(GstBuffer* buffer) {
        if (closed) gates.acquire();
        unsigned number = 0;
        gst_buffer_extract(buffer, 0, &number, sizeof number);
        const std::lock_guard lock(mutex_);
        arrived_.push_back({number, std::this_thread::get_id() == test_});
    }

    const std::thread::id test_ = std::this_thread::get_id();
    gst::Pipeline pipeline_{nullptr};
    const gst::Ref<GstElement> source_ = gst::makeLiveSource("application/x-rtp", "packets");
    gst::PadProbe probe_;
    unsigned pushed_ = 0;
    mutable std::mutex mutex_;
    std::vector<Arrived> arrived_;

  public:
    const std::shared_ptr<Inlet> inlet;
};

} // namespace

TEST_CASE("the first packet of a stream and of a payload type comes by the slow lane, others at once") {
    relay::ingest::SlowLane lane;
    Outlet outlet(&lane);
    CHECK_FALSE(outlet.isDirect(1, 96));
    CHECK(outlet.becomesDirect(1, 96));
    CHECK_FALSE(outlet.isDirect(2, 96));
    CHECK_FALSE(outlet.isDirect(1, 96)); // it may set free what the jitter buffer holds of the other
    CHECK(outlet.becomesDirect(2, 96));
    CHECK_FALSE(outlet.isDirect(1, 97));
    CHECK(outlet.becomesDirect(1, 97));
    CHECK_FALSE(outlet.isDirect(1, 96));
    outlet.inOrder();
}

TEST_CASE(
    "who pushes never waits for a first packet that takes long, and what is behind it keeps its place") {
    relay::ingest::SlowLane lane;
    Outlet outlet(&lane);
    outlet.closed = true;
    for (std::size_t i = 0; i < Inlet::maxWaiting + 100; ++i)
        outlet.push(1 + i % 2);
    CHECK(outlet.inlet->dropped() >= 99); // one may be on its way already
    CHECK(outlet.inlet->dropped() <= 100);
    outlet.closed = false;
    outlet.gates.release(1);
    // One more than waits may be on its way; what was too much is the newest.
    REQUIRE(eventually([&] { return outlet.arrived().size() >= Inlet::maxWaiting; }));
    const std::size_t before = outlet.arrived().size();
    CHECK(before <= Inlet::maxWaiting + 1);
    outlet.inOrder();
    CHECK(outlet.becomesDirect());
    outlet.inOrder();
}

TEST_CASE("while there is a detour nothing comes by the thread that pushes") {
    relay::ingest::SlowLane lane;
    Outlet outlet(&lane);
    REQUIRE(outlet.becomesDirect());
    {
        const Inlet::Detour detour(*outlet.inlet);
        const Inlet::Detour another(*outlet.inlet);
        outlet.closed = true; // whoever brings one now waits
        for (int i = 0; i < 10; ++i)
            outlet.push();
        outlet.closed = false;
        outlet.gates.release(1);
    }
    REQUIRE(outlet.becomesDirect());
    {
        Inlet::Detour detour(*outlet.inlet);
        detour.expectNew(1);
    }
    CHECK_FALSE(outlet.isDirect());
    outlet.inOrder();
}

TEST_CASE("without a slow lane all comes by the thread that pushes") {
    Outlet outlet(nullptr);
    for (std::uint32_t ssrc = 1; ssrc < 5; ++ssrc) {
        CHECK(outlet.isDirect(ssrc));
    }
    CHECK(outlet.arrived().size() == 4);
}
