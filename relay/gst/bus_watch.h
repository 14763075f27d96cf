// Errors that a pipeline's elements post, on the main loop; the destructor ends the watch. All else that
// comes over the bus is dropped by the thread that posts it: each element posts each of its states, and a
// message costs the loop a wake. The pipeline's threads run SCHED_BATCH (batch.h). Loop thread.
#pragma once

#include "relay/gst/ref.h"

#include <gst/gst.h>

#include <functional>

namespace spillway::gst {

class BusWatch {
  public:
    BusWatch() = default;
    /// `onError` may destroy the watch; it must not throw.
    BusWatch(GstElement* pipeline, std::function<void(GstMessage*)> onError);
    BusWatch(BusWatch&& other) noexcept = default;
    BusWatch& operator=(BusWatch&& other) noexcept;
    ~BusWatch() { remove(); }

    void remove();

  private:
    Ref<GstBus> bus_;
};

} // namespace spillway::gst
