// A connection to a GObject signal; the destructor disconnects.
//
// The handler runs on the thread that emits. It may still be running there when the destructor returns, so it
// owns what it uses: capture shared_ptr or weak_ptr, never a bare `this`. The destructor never waits for it.
#pragma once

#include <glib-object.h>

#include <functional>
#include <utility>

namespace spillway::gst {

class SignalConnection {
  public:
    SignalConnection() = default;
    SignalConnection(SignalConnection&& other) noexcept
        : object_(std::exchange(other.object_, nullptr))
        , id_(std::exchange(other.id_, 0)) {}
    SignalConnection& operator=(SignalConnection&& other) noexcept {
        if (this != &other) {
            disconnect();
            object_ = std::exchange(other.object_, nullptr);
            id_ = std::exchange(other.id_, 0);
        }
        return *this;
    }
    ~SignalConnection() { disconnect(); }

    /// `Signature` is the signal's own, without the emitting object and the user data:
    /// `connect<void(GstPad*)>(element, "pad-added", …)`. The object is kept alive by the connection.
    /// `handler` must not throw.
    template <class Signature>
    static SignalConnection connect(gpointer object, const char* signal, std::function<Signature> handler) {
        using Handler = Trampoline<Signature>;
        const gulong id = g_signal_connect_data(object, signal, reinterpret_cast<GCallback>(&Handler::run),
                                                new std::function<Signature>(std::move(handler)),
                                                &Handler::release, static_cast<GConnectFlags>(0));
        return SignalConnection(object, id);
    }

    void disconnect() {
        if (gpointer object = std::exchange(object_, nullptr)) {
            g_signal_handler_disconnect(object, id_);
            g_object_unref(object);
        }
    }
    explicit operator bool() const { return object_ != nullptr; }

  private:
    template <class Signature>
    struct Trampoline;
    template <class Result, class... Args>
    struct Trampoline<Result(Args...)> {
        static Result run(gpointer, Args... args, gpointer handler) noexcept {
            return (*static_cast<std::function<Result(Args...)>*>(handler))(args...);
        }
        static void release(gpointer handler, GClosure*) noexcept {
            delete static_cast<std::function<Result(Args...)>*>(handler);
        }
    };

    SignalConnection(gpointer object, gulong id)
        : object_(g_object_ref(object))
        , id_(id) {}

    gpointer object_ = nullptr;
    gulong id_ = 0;
};

} // namespace spillway::gst
