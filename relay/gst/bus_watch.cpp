#include "relay/gst/bus_watch.h"

#include "relay/gst/batch.h"

#include <utility>

namespace spillway::gst {

namespace {

using Callback = std::function<void(GstMessage*)>;

gboolean onBusMessage(GstBus*, GstMessage* message, gpointer data) noexcept {
    (*static_cast<Callback*>(data))(message);
    return G_SOURCE_CONTINUE;
}

/// A streaming thread says so itself when it begins.
bool beginsThread(GstMessage* message) {
    if (GST_MESSAGE_TYPE(message) != GST_MESSAGE_STREAM_STATUS) return false;
    GstStreamStatusType type{};
    gst_message_parse_stream_status(message, &type, nullptr);
    return type == GST_STREAM_STATUS_TYPE_ENTER;
}

/// Any thread.
GstBusSyncReply dropAllButErrors(GstBus*, GstMessage* message, gpointer) noexcept {
    if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR) return GST_BUS_PASS;
    if (beginsThread(message)) batchThisThread();
    gst_message_unref(message);
    return GST_BUS_DROP;
}

void release(gpointer data) noexcept {
    delete static_cast<Callback*>(data);
}

} // namespace

BusWatch::BusWatch(GstElement* pipeline, std::function<void(GstMessage*)> onError)
    : bus_(Ref<GstBus>::adopt(gst_element_get_bus(pipeline))) {
    gst_bus_set_sync_handler(bus_.get(), dropAllButErrors, nullptr, nullptr);
    gst_bus_add_watch_full(bus_.get(), G_PRIORITY_DEFAULT, onBusMessage, new Callback(std::move(onError)),
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
