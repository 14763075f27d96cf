// A probe on a pad; the destructor removes it.
//
// The callback runs on the thread that pushes through the pad (or at once, on the caller's, for an IDLE probe
// that finds the pad idle). It may still be running there when the destructor returns, so it owns what it
// uses: capture shared_ptr or weak_ptr, never a bare `this`. It does not start any more after the destructor
// returned. The destructor may run inside the callback itself and never waits for it.
#pragma once

#include "relay/gst/ref.h"

#include <gst/gst.h>

#include <chrono>
#include <functional>
#include <memory>
#include <utility>

namespace spillway::gst {

class PadProbe {
  public:
    using Callback = std::function<GstPadProbeReturn(GstPadProbeInfo*)>;

    PadProbe() = default;
    /// `callback` may return GST_PAD_PROBE_REMOVE. It must not throw.
    PadProbe(GstPad* pad, GstPadProbeType type, Callback callback);
    PadProbe(PadProbe&& other) noexcept = default;
    PadProbe& operator=(PadProbe&& other) noexcept;
    ~PadProbe() { remove(); }

    void remove();
    explicit operator bool() const { return state_ != nullptr; }

  private:
    struct State;

    Ref<GstPad> pad_;
    gulong id_ = 0;
    std::shared_ptr<State> state_; ///< shared with the pad, which may be inside the callback
};

/// Runs `callback`, which takes the pad and its GstPadProbeInfo, for as long as the pad lives, or until it
/// returns GST_PAD_PROBE_REMOVE. It must not throw. The pad owns what it captures.
template <class Callback>
void probeForever(GstPad* pad, GstPadProbeType type, Callback callback) {
    const auto run = [](GstPad* from, GstPadProbeInfo* info, gpointer self) noexcept -> GstPadProbeReturn {
        return (*static_cast<Callback*>(self))(from, info);
    };
    const auto release = [](gpointer self) noexcept { delete static_cast<Callback*>(self); };
    gst_pad_add_probe(pad, type, run, new Callback(std::move(callback)), release);
}

/// Waits until what is being pushed through the pad has been, `longest` at most; whether it has. Any thread
/// but one that pushes through it.
bool awaitIdle(GstPad* pad, std::chrono::milliseconds longest);

/// Drops buffers and buffer lists of the pad for as long as the pad lives; events pass. Any thread.
void dropDataForever(GstPad* pad);

} // namespace spillway::gst
