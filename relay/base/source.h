// A source attached to a GMainContext: a timer, a descriptor, a signal. The destructor detaches it. Loop
// thread.
#pragma once

#include <utility>

using GSource = struct _GSource;

namespace spillway::relay {

class Source {
  public:
    Source() = default;
    /// Takes over the caller's reference.
    explicit Source(GSource* attached)
        : source_(attached) {}
    Source(Source&& other) noexcept
        : source_(std::exchange(other.source_, nullptr)) {}
    Source& operator=(Source&& other) noexcept {
        if (this != &other) {
            cancel();
            source_ = std::exchange(other.source_, nullptr);
        }
        return *this;
    }
    ~Source() { cancel(); }

    void cancel();
    explicit operator bool() const { return source_ != nullptr; }

  private:
    GSource* source_ = nullptr;
};

} // namespace spillway::relay
