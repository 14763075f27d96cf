// A GstPromise with a callback; the destructor gives it up.
//
// Nobody ever waits on it: what is still queued when its element goes to NULL is never answered, so whoever
// asks holds a timer beside it.
#pragma once

#include "relay/gst/ref.h"

#include <gst/gst.h>

#include <functional>
#include <utility>

namespace spillway::gst {

class Promise {
  public:
    /// On the thread that answers, at most once, and not after the destructor began. The reply is borrowed
    /// for the call and may be null. It must not throw nor change an element's state, and owns what it uses.
    using OnReply = std::function<void(const GstStructure* reply)>;

    Promise() = default;
    explicit Promise(OnReply onReply)
        : promise_(Ref<GstPromise>::adopt(
              gst_promise_new_with_change_func(run, new OnReply(std::move(onReply)), release))) {}
    Promise(Promise&& other) noexcept = default;
    Promise& operator=(Promise&& other) noexcept {
        if (this != &other) {
            giveUp();
            promise_ = std::move(other.promise_);
        }
        return *this;
    }
    ~Promise() { giveUp(); }

    /// For webrtcbin's action signals, which take a reference of their own.
    GstPromise* get() const { return promise_.get(); }

  private:
    static void run(GstPromise* promise, gpointer onReply) noexcept {
        if (gst_promise_wait(promise) == GST_PROMISE_RESULT_REPLIED)
            (*static_cast<OnReply*>(onReply))(gst_promise_get_reply(promise));
    }
    static void release(gpointer onReply) noexcept { delete static_cast<OnReply*>(onReply); }

    /// GStreamer warns of a promise that is freed while it is pending.
    void giveUp() {
        if (const auto promise = std::move(promise_)) gst_promise_interrupt(promise.get());
    }

    Ref<GstPromise> promise_;
};

} // namespace spillway::gst
