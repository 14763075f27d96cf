// Owning pointer for GStreamer's and GLib's reference counted things. How a reference comes in is spelled
// out, because C headers say it only in their documentation. Includes none of them, so that frames can hold
// one. Any thread.
#pragma once

#include <cstddef>
#include <utility>

using GstBuffer = struct _GstBuffer;
using GstCaps = struct _GstCaps;
using GstPromise = struct _GstPromise;
using GstSample = struct _GstSample;

namespace spillway::gst {

void retainObject(void* object);
void releaseObject(void* object);
void sinkObject(void* object);
void retainMiniObject(void* object);
void releaseMiniObject(void* object);

/// Of a GObject.
template <class T>
struct RefTraits {
    static void retain(T* object) { retainObject(object); }
    static void release(T* object) { releaseObject(object); }
};
template <class T>
struct MiniObjectTraits {
    static void retain(T* object) { retainMiniObject(object); }
    static void release(T* object) { releaseMiniObject(object); }
};
template <>
struct RefTraits<GstBuffer> : MiniObjectTraits<GstBuffer> {};
template <>
struct RefTraits<GstCaps> : MiniObjectTraits<GstCaps> {};
template <>
struct RefTraits<GstPromise> : MiniObjectTraits<GstPromise> {};
template <>
struct RefTraits<GstSample> : MiniObjectTraits<GstSample> {};

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
        if (object) sinkObject(object);
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
