// A GstPromise with a callback. Nobody ever waits on it: what is still queued when its element goes to NULL
// is never answered, so whoever asks holds a timer beside it.
#pragma once

#include "relay/gst/ref.h"

#include <gst/gst.h>

#include <functional>
#include <utility>

namespace spillway::gst {

/// `onReply` runs at most once, on the thread that answers; the structure (null when the promise was
/// interrupted, expired or answered with nothing) is borrowed for the call. It must not throw nor change an
/// element's state. An action signal that takes the promise takes the reference: pass `.release()`.
inline Ref<GstPromise> makePromise(std::function<void(const GstStructure*)> onReply) {
    using Callback = std::function<void(const GstStructure*)>;
    const auto run = [](GstPromise* promise, gpointer data) noexcept {
        const bool replied = gst_promise_wait(promise) == GST_PROMISE_RESULT_REPLIED;
        (*static_cast<Callback*>(data))(replied ? gst_promise_get_reply(promise) : nullptr);
    };
    const auto release = [](gpointer data) noexcept { delete static_cast<Callback*>(data); };
    return Ref<GstPromise>::adopt(
        gst_promise_new_with_change_func(run, new Callback(std::move(onReply)), release));
}

} // namespace spillway::gst
