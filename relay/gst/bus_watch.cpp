#include "relay/gst/bus_watch.h"

#include <utility>

namespace spillway::gst {

namespace {

using Callback = std::function<void(GstMessage*)>;

gboolean onBusMessage(GstBus*, GstMessage* message, gpointer data) noexcept {
    (*static_cast<Callback*>(data))(message);
    return G_SOURCE_CONTINUE;
}

void release(gpointer data) noexcept {
    delete static_cast<Callback*>(data);
}

} // namespace

BusWatch::BusWatch(GstElement* pipeline, std::function<void(GstMessage*)> onMessage)
    : bus_(Ref<GstBus>::adopt(gst_element_get_bus(pipeline))) {
    gst_bus_add_watch_full(bus_.get(), G_PRIORITY_DEFAULT, onBusMessage, new Callback(std::move(onMessage)),
                           release);
}

BusWatch& BusWatch::operator=(BusWatch&& other) noexcept {
    if (this != &other) {
        remove();
        bus_ = std::move(other.bus_);
    }
    return *this;
}

void BusWatch::remove() {
    if (const auto bus = std::move(bus_)) gst_bus_remove_watch(bus.get());
}

} // namespace spillway::gst
