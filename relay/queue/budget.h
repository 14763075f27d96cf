// The daemon's promise of bounded memory: the sum of the bounds of all queues that exist never exceeds the
// limit, nor their number. A reservation lasts as long as its queue. What the operator configured comes
// first: viewers go when it does not fit beside them. A queue that is about to go may give way to the one
// that takes its place; what has given way and not gone comes to no more than the limits once more. Loop
// thread.
#pragma once

#include "config/settings.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <utility>

namespace spillway::relay {

class QueueBudget {
  public:
    struct Amount {
        std::uint64_t bytes = 0;
        std::uint32_t queues = 0;

        Amount& operator+=(const Amount& other);
        Amount& operator-=(const Amount& other);
    };

  private:
    struct Used {
        Amount all;
        Amount viewers; ///< of all
        Amount ending;  ///< of all
        Amount gaveWay; ///< besides
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
        /// As giveBack(), but it counts as what has given way until its queue has gone. See mayGiveWay().
        void giveWay() { become(State::gaveWay); }
        /// Its queue is about to go, and holds what it has until then, unless it has given way.
        void ending();

      private:
        friend class QueueBudget;
        enum class State { held, ending, gaveWay };
        Reservation(std::shared_ptr<Used> used, Amount amount, Claim claim);
        template <class Change>
        void forEachAccount(const Change& change);
        void become(State state);

        std::shared_ptr<Used> used_;
        Amount amount_;
        Claim claim_ = Claim::configured;
        State state_ = State::held;
    };

    /// With 0 for what is no queue. Throws Refused (values/refused.h) that says by how much it does not fit.
    Reservation reserve(std::uint64_t bytes, std::uint32_t queues = 1, Claim claim = Claim::configured);

    // These only look, and end no viewer. Those that require throw Refused.
    /// One queue would fit beside what else the operator configured.
    void requireFits(std::uint64_t bytes) const { require({bytes, 1}, configured()); }
    /// It would fit if nothing else were there.
    void requireEverFits(std::uint64_t bytes) const;
    /// `to` would fit in the place of `from`, which the operator configured, once what is ending has gone.
    void requireFitsInPlace(const Amount& from, const Amount& to) const;
    /// It would fit now, and what has given way leaves room for `from`.
    bool mayGiveWay(const Amount& from, const Amount& to) const;

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
