#include "relay/gst/probe.h"

#include <atomic>
#include <semaphore>
#include <utility>

namespace spillway::gst {

struct PadProbe::State {
    explicit State(Callback fn)
        : callback(std::move(fn)) {}

    Callback callback;
    std::atomic<bool> removed{false}; ///< by us, or by the callback's own wish

    static GstPadProbeReturn run(GstPad*, GstPadProbeInfo* info, gpointer data) noexcept {
        auto& state = **static_cast<std::shared_ptr<State>*>(data);
        // remove() takes it off the pad; for GStreamer to do so too would be once too often.
        if (state.removed.load()) return GST_PAD_PROBE_OK;
        const GstPadProbeReturn result = state.callback(info);
        if (result == GST_PAD_PROBE_REMOVE) state.removed.store(true);
        return result;
    }

    static void release(gpointer data) noexcept { delete static_cast<std::shared_ptr<State>*>(data); }
};

PadProbe::PadProbe(GstPad* pad, GstPadProbeType type, Callback callback)
    : pad_(Ref<GstPad>::retain(pad))
    , state_(std::make_shared<State>(std::move(callback))) {
    id_ = gst_pad_add_probe(pad, type, State::run, new std::shared_ptr<State>(state_), State::release);
}

PadProbe& PadProbe::operator=(PadProbe&& other) noexcept {
    if (this != &other) {
        remove();
        pad_ = std::move(other.pad_);
        id_ = std::exchange(other.id_, 0);
        state_ = std::move(other.state_);
    }
    return *this;
}

void PadProbe::remove() {
    if (const auto state = std::move(state_); state && !state->removed.exchange(true) && id_ != 0)
        gst_pad_remove_probe(pad_.get(), id_);
    id_ = 0;
    pad_ = nullptr;
}

bool awaitIdle(GstPad* pad, std::chrono::milliseconds longest) {
    const auto idle = std::make_shared<std::counting_semaphore<>>(0);
    const PadProbe probe(pad, GST_PAD_PROBE_TYPE_IDLE, [idle](GstPadProbeInfo*) {
        idle->release();
        return GST_PAD_PROBE_REMOVE;
    });
    return idle->try_acquire_for(longest);
}

void dropDataForever(GstPad* pad) {
    const auto type =
        static_cast<GstPadProbeType>(GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST);
    probeForever(pad, type, [](GstPad*, GstPadProbeInfo*) { return GST_PAD_PROBE_DROP; });
}

} // namespace spillway::gst
