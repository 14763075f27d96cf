#include "relay/queue/budget.h"

#include "relay/values/refused.h"

#include <fmt/core.h>

namespace spillway::relay {

QueueBudget::Reservation::Reservation(std::shared_ptr<Used> used, Amount amount, Claim claim)
    : used_(std::move(used))
    , amount_(amount)
    , claim_(claim) {
    const auto take = [&](Amount& from) {
        from.bytes += amount_.bytes;
        from.queues += amount_.queues;
    };
    take(used_->all);
    if (claim_ == Claim::viewer) take(used_->viewers);
}

QueueBudget::Reservation& QueueBudget::Reservation::operator=(Reservation&& other) noexcept {
    if (this != &other) {
        giveBack();
        used_ = std::move(other.used_);
        amount_ = other.amount_;
        claim_ = other.claim_;
    }
    return *this;
}

void QueueBudget::Reservation::giveBack() {
    if (!used_) return;
    const auto give = [&](Amount& to) {
        to.bytes -= amount_.bytes;
        to.queues -= amount_.queues;
    };
    give(used_->all);
    if (claim_ == Claim::viewer) give(used_->viewers);
    used_.reset();
}

bool QueueBudget::fitsBeside(const Amount& others, const Amount& amount) const {
    return amount.queues <= queues_ - others.queues && amount.bytes <= bytes_ - others.bytes;
}

QueueBudget::Amount QueueBudget::configured() const {
    return {used_->all.bytes - used_->viewers.bytes, used_->all.queues - used_->viewers.queues};
}

/// Ends no viewer in vain.
void QueueBudget::makeRoom(const Amount& amount) {
    if (!endViewer_ || !fitsBeside(configured(), amount)) return;
    while (!fitsBeside(used_->all, amount) && endViewer_()) {
    }
}

void QueueBudget::requireEverFits(std::uint64_t bytes) const {
    if (bytes > bytes_)
        throw Refused(
            Refused::Kind::limit,
            fmt::format("its queue of {} bytes is larger than limits.queue_memory ({})", bytes, bytes_));
}

void QueueBudget::require(const Amount& amount, const Amount& others) const {
    if (amount.queues > queues_ - others.queues)
        throw Refused(Refused::Kind::limit, fmt::format("limits.subscribers is reached ({})", queues_));
    if (amount.bytes > bytes_ - others.bytes)
        throw Refused(
            Refused::Kind::limit,
            fmt::format(
                "its queue of {} bytes does not fit into limits.queue_memory: {} of {} bytes are taken",
                amount.bytes, others.bytes, bytes_));
}

QueueBudget::Reservation QueueBudget::reserve(std::uint64_t bytes, std::uint32_t queues, Claim claim) {
    if (claim == Claim::configured) makeRoom({bytes, queues});
    require({bytes, queues}, used_->all);
    return {used_, {bytes, queues}, claim};
}

} // namespace spillway::relay
