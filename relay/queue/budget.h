// The daemon's promise of bounded memory: the sum of the bounds of all queues that exist never exceeds the
// limit, nor their number. A reservation lasts as long as its queue. What the operator configured comes
// first: viewers go when it does not fit beside them. Loop thread.
#pragma once

#include "config/settings.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <utility>

namespace spillway::relay {

class QueueBudget {
    struct Amount {
        std::uint64_t bytes = 0;
        std::uint32_t queues = 0;
    };
    struct Used {
        Amount all;
        Amount viewers; ///< of all
    };

  public:
    /// On whose behalf; who is first here comes first.
    enum class Claim { configured, viewer };

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

        /// Before its queue has gone, which is about to: another takes its place at once.
        void giveBack();

      private:
        friend class QueueBudget;
        Reservation(std::shared_ptr<Used> used, Amount amount, Claim claim);

        std::shared_ptr<Used> used_;
        Amount amount_;
        Claim claim_ = Claim::configured;
    };

    /// With 0 for what is no queue. Throws Refused (values/refused.h) that says by how much it does not fit.
    Reservation reserve(std::uint64_t bytes, std::uint32_t queues = 1, Claim claim = Claim::configured);

    // These only look, and end no viewer. Both throw Refused.
    /// One queue would fit beside what else the operator configured.
    void requireFits(std::uint64_t bytes) const { require({bytes, 1}, configured()); }
    /// It would fit if nothing else were there.
    void requireEverFits(std::uint64_t bytes) const;

    /// `endViewer` gives back what one viewer has, and says whether there was one.
    void onNeed(std::function<bool()> endViewer) { endViewer_ = std::move(endViewer); }

    std::uint64_t usedBytes() const { return used_->all.bytes; }
    std::uint64_t limitBytes() const { return bytes_; }
    std::uint32_t queues() const { return used_->all.queues; }

  private:
    Amount configured() const;
    bool fitsBeside(const Amount& others, const Amount& amount) const;
    void require(const Amount& amount, const Amount& others) const;
    void makeRoom(const Amount& amount);

    const std::uint64_t bytes_;
    const std::uint32_t queues_;
    std::function<bool()> endViewer_;
    std::shared_ptr<Used> used_ = std::make_shared<Used>();
};

} // namespace spillway::relay
