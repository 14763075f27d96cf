// Owning pointer for GStreamer's and GLib's reference counted things. How a reference comes in is spelled
// out, because C headers say it only in their documentation.
#pragma once

#include <gst/gst.h>

#include <utility>

namespace spillway::gst {

template <class T>
struct RefTraits {
    static void retain(T* object) { g_object_ref(object); }
    static void release(T* object) { g_object_unref(object); }
};
template <>
struct RefTraits<GstBuffer> {
    static void retain(GstBuffer* buffer) { gst_buffer_ref(buffer); }
    static void release(GstBuffer* buffer) { gst_buffer_unref(buffer); }
};
template <>
struct RefTraits<GstCaps> {
    static void retain(GstCaps* caps) { gst_caps_ref(caps); }
    static void release(GstCaps* caps) { gst_caps_unref(caps); }
};
template <>
struct RefTraits<GstSample> {
    static void retain(GstSample* sample) { gst_sample_ref(sample); }
    static void release(GstSample* sample) { gst_sample_unref(sample); }
};
template <>
struct RefTraits<GstPromise> {
    static void retain(GstPromise* promise) { gst_promise_ref(promise); }
    static void release(GstPromise* promise) { gst_promise_unref(promise); }
};

template <class T>
class Ref {
  public:
    Ref() = default;
    Ref(std::nullptr_t) {} // NOLINT(google-explicit-constructor): reads as an empty pointer

    /// Takes over a full reference (transfer full).
    static Ref adopt(T* object) { return Ref(object); }
    /// Adds a reference of its own (transfer none).
    static Ref retain(T* object) {
        if (object) RefTraits<T>::retain(object);
        return Ref(object);
    }
    /// Takes a floating reference, as factories of elements, bins and pads return them.
    static Ref sink(T* object) {
        if (object) gst_object_ref_sink(object);
        return Ref(object);
    }

    Ref(const Ref& other)
        : object_(other.object_) {
        if (object_) RefTraits<T>::retain(object_);
    }
    Ref(Ref&& other) noexcept
        : object_(std::exchange(other.object_, nullptr)) {}
    Ref& operator=(Ref other) noexcept {
        std::swap(object_, other.object_);
        return *this;
    }
    ~Ref() {
        if (object_) RefTraits<T>::release(object_);
    }

    /// Gives the reference to somebody who takes it over.
    [[nodiscard]] T* release() { return std::exchange(object_, nullptr); }
    T* get() const { return object_; }
    explicit operator bool() const { return object_ != nullptr; }

  private:
    explicit Ref(T* object)
        : object_(object) {}

    T* object_ = nullptr;
};

} // namespace spillway::gst
