// Messages of a pipeline's bus, on the main loop; the destructor ends the watch. Loop thread.
#pragma once

#include "relay/gst/ref.h"

#include <gst/gst.h>

#include <functional>

namespace spillway::gst {

class BusWatch {
  public:
    BusWatch() = default;
    /// `onMessage` may destroy the watch; it must not throw.
    BusWatch(GstElement* pipeline, std::function<void(GstMessage*)> onMessage);
    BusWatch(BusWatch&& other) noexcept = default;
    BusWatch& operator=(BusWatch&& other) noexcept;
    ~BusWatch() { remove(); }

    void remove();

  private:
    Ref<GstBus> bus_;
};

} // namespace spillway::gst
