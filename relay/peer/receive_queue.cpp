#include "relay/peer/receive_queue.h"

#include "relay/gst/bin.h"
#include "relay/gst/element.h"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>

namespace spillway::relay {

namespace {

constexpr auto data =
    static_cast<GstPadProbeType>(GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST);

/// What went into a queue and has not come out. Its thread holds a packet for a moment, between the queue and
/// the pad, where nobody sees it: so both ends are counted.
class Passage {
  public:
    /// On the thread that pushes into the queue, before it does: whether the queue could be taken out.
    bool leave(GstElement* queue) {
        const auto end = gst::staticPad(queue, "src");
        if (!counter_) counter_ = count(end.get());
        const bool empty = in_ == out_->load() && !gst_pad_is_blocked(end.get()) &&
                           gst::awaitIdle(end.get(), std::chrono::milliseconds(0));
        if (empty)
            takeOut(queue);
        else
            ++in_;
        return empty;
    }

  private:
    gst::PadProbe count(GstPad* end) {
        return {end, data, [out = out_](GstPadProbeInfo*) {
                    out->fetch_add(1);
                    return GST_PAD_PROBE_OK;
                }};
    }

    std::uint64_t in_ = 0;
    const std::shared_ptr<std::atomic<std::uint64_t>> out_ = std::make_shared<std::atomic<std::uint64_t>>(0);
    gst::PadProbe counter_;
};

} // namespace

gst::SignalConnection keepDropping(GstElement* queue) {
    return gst::SignalConnection::connect<void(GParamSpec*)>(queue, "notify::leaky", [queue](GParamSpec*) {
        constexpr gint oldest = 2; // of GstQueueLeaky, which has no header
        gint leaky = 0;
        g_object_get(queue, "leaky", &leaky, nullptr);
        if (leaky != oldest) g_object_set(queue, "leaky", oldest, nullptr);
    });
}

void takeOut(GstElement* element) {
    const auto before = gst::peerPad(element, "sink");
    const auto behind = gst::peerPad(element, "src");
    if (!before || !behind) return;
    gst_pad_unlink(before.get(), gst::staticPad(element, "sink").get());
    gst_pad_unlink(gst::staticPad(element, "src").get(), behind.get());
    gst_element_set_locked_state(element, TRUE);
    gst_element_set_state(element, GST_STATE_NULL);
    gst_pad_link_full(before.get(), behind.get(), GST_PAD_LINK_CHECK_NOTHING);
}

gst::PadProbe takeOutQueueBehind(GstElement* nicesrc) {
    const auto pad = gst::staticPad(nicesrc, "src");
    return {pad.get(), data, [passage = std::make_shared<Passage>(), nicesrc = nicesrc](GstPadProbeInfo*) {
                const auto peer = gst::peerPad(nicesrc, "src");
                const auto next =
                    gst::Ref<GstElement>::adopt(peer ? gst_pad_get_parent_element(peer.get()) : nullptr);
                const bool queued = next && gst::isMadeBy(next.get(), "queue");
                return queued && !passage->leave(next.get()) ? GST_PAD_PROBE_OK : GST_PAD_PROBE_REMOVE;
            }};
}

} // namespace spillway::relay
