// The daemon's promise of bounded memory: the sum of the bounds of all queues that exist never exceeds the
// limit, nor their number. A reservation lasts as long as its queue. Loop thread.
#pragma once

#include "config/settings.h"

#include <cstdint>
#include <memory>

namespace spillway::relay {

class QueueBudget {
    struct Used {
        std::uint64_t bytes = 0;
        std::uint32_t queues = 0;
    };

  public:
    explicit QueueBudget(const config::LimitSettings& limits)
        : bytes_(limits.queueMemory)
        , queues_(limits.subscribers) {}

    /// Move-only; the destructor gives it back. May outlive the budget.
    class Reservation {
      public:
        Reservation() = default;
        Reservation(Reservation&& other) noexcept = default;
        Reservation& operator=(Reservation&& other) noexcept;
        ~Reservation() { giveBack(); }

      private:
        friend class QueueBudget;
        Reservation(std::shared_ptr<Used> used, std::uint64_t bytes, std::uint32_t queues);
        void giveBack();

        std::shared_ptr<Used> used_;
        std::uint64_t bytes_ = 0;
        std::uint32_t queues_ = 0;
    };

    /// With 0 for what is no queue. Throws Refused (values/refused.h) that says by how much it does not fit.
    Reservation reserve(std::uint64_t bytes, std::uint32_t queues = 1);

    std::uint64_t usedBytes() const { return used_->bytes; }
    std::uint64_t limitBytes() const { return bytes_; }
    std::uint32_t queues() const { return used_->queues; }

  private:
    const std::uint64_t bytes_;
    const std::uint32_t queues_;
    std::shared_ptr<Used> used_ = std::make_shared<Used>();
};

} // namespace spillway::relay
