// Who waits for what a thread receives. While nobody does, the thread may let packets come together, so that
// one wake-up serves many; whoever comes is served at once. Any thread.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <utility>

namespace spillway::relay {

class Audience {
  public:
    /// How long packets may come together while it is empty. A wake-up costs more than ten packets; the
    /// request for one that is missing is due after 5 ms (jitter/missing.h), and a sender's bandwidth
    /// estimation takes what comes within 5 ms for one burst.
    static constexpr std::chrono::milliseconds pause{4};
    /// From the first packet until whoever awaited its track has come.
    static constexpr std::chrono::seconds arrival{1};

    /// `onFirst` runs when it is no longer empty, on the thread of whoever came; it must not wait.
    explicit Audience(std::function<void()> onFirst)
        : onFirst_(std::move(onFirst)) {}
    Audience(const Audience&) = delete;
    Audience& operator=(const Audience&) = delete;

    /// Somebody's place in it, from constructor to destructor. Move-only.
    class Seat {
      public:
        Seat() = default;
        /// Of nobody without an audience.
        explicit Seat(std::shared_ptr<Audience> audience)
            : audience_(std::move(audience)) {
            if (audience_ && audience_->seats_.fetch_add(1) == 0) audience_->onFirst_();
        }
        Seat(Seat&& other) noexcept = default;
        Seat& operator=(Seat&& other) noexcept {
            std::swap(audience_, other.audience_);
            return *this;
        }
        ~Seat() {
            if (audience_) audience_->seats_.fetch_sub(1);
        }

      private:
        std::shared_ptr<Audience> audience_;
    };

    bool isEmpty() const { return seats_.load() == 0; }

  private:
    const std::function<void()> onFirst_;
    std::atomic<unsigned> seats_{0};
};

} // namespace spillway::relay
