#include "relay/gst/element.h"
#include "relay/gst/probe.h"
#include "support/catch.h"
#include "support/packet_source.h"

#include <atomic>
#include <string>

using namespace spillway;
using namespace std::chrono_literals;

namespace {

/// Counts what GStreamer complains about, for as long as it lives.
class Complaints {
  public:
    Complaints() {
        handler_ = g_log_set_handler(
            "GStreamer", static_cast<GLogLevelFlags>(G_LOG_LEVEL_WARNING | G_LOG_LEVEL_CRITICAL),
            [](const gchar*, GLogLevelFlags, const gchar*, gpointer self) {
                static_cast<Complaints*>(self)->count_.fetch_add(1);
            },
            this);
    }
    Complaints(const Complaints&) = delete;
    Complaints& operator=(const Complaints&) = delete;
    ~Complaints() { g_log_remove_handler("GStreamer", handler_); }

    int count() const { return count_.load(); }

  private:
    std::atomic<int> count_{0};
    guint handler_ = 0;
};

} // namespace

TEST_CASE("a probe may be removed while packets pass, again and again") {
    test::PacketSource source;
    const auto sink = gst::makeElement("fakesink");
    g_object_set(sink.get(), "async", FALSE, "sync", FALSE, nullptr);
    gst::addTo(source.pipeline(), sink);
    gst_element_sync_state_with_parent(sink.get());
    REQUIRE(gst_pad_link(source.incoming().pad, gst::staticPad(sink.get(), "sink").get()) == GST_PAD_LINK_OK);
    const Complaints complaints;
    source.start(0us);
    std::atomic<int> seen{0};
    for (int i = 0; i < 20000; ++i) {
        const int before = seen.load();
        const gst::PadProbe probe(source.incoming().pad, GST_PAD_PROBE_TYPE_BUFFER, [&](GstPadProbeInfo*) {
            seen.fetch_add(1);
            return GST_PAD_PROBE_OK;
        });
        while (i % 100 == 0 && seen.load() == before)
            std::this_thread::yield();
    }
    source.stop();
    REQUIRE(seen.load() >= 200);
    REQUIRE(complaints.count() == 0);
}
