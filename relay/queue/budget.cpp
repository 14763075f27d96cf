#include "relay/queue/budget.h"

#include "relay/values/refused.h"

#include <fmt/core.h>

namespace spillway::relay {

QueueBudget::Amount& QueueBudget::Amount::operator+=(const Amount& other) {
    bytes += other.bytes;
    queues += other.queues;
    return *this;
}

QueueBudget::Amount& QueueBudget::Amount::operator-=(const Amount& other) {
    bytes -= other.bytes;
    queues -= other.queues;
    return *this;
}

QueueBudget::Reservation::Reservation(std::shared_ptr<Used> used, Amount amount, Claim claim)
    : used_(std::move(used))
    , amount_(amount)
    , claim_(claim) {
    forEachAccount([&](Amount& account) { account += amount_; });
}

template <class Change>
void QueueBudget::Reservation::forEachAccount(const Change& change) {
    if (state_ == State::gaveWay) return change(used_->gaveWay);
    change(used_->all);
    if (claim_ == Claim::viewer) change(used_->viewers);
    if (state_ == State::ending) change(used_->ending);
}

void QueueBudget::Reservation::become(State state) {
    if (!used_) return;
    forEachAccount([&](Amount& account) { account -= amount_; });
    state_ = state;
    forEachAccount([&](Amount& account) { account += amount_; });
}

void QueueBudget::Reservation::ending() {
    if (state_ == State::held) become(State::ending);
}

QueueBudget::Reservation& QueueBudget::Reservation::operator=(Reservation&& other) noexcept {
    if (this != &other) {
        giveBack();
        used_ = std::move(other.used_);
        amount_ = other.amount_;
        claim_ = other.claim_;
        state_ = other.state_;
    }
    return *this;
}

void QueueBudget::Reservation::giveBack() {
    if (!used_) return;
    forEachAccount([&](Amount& account) { account -= amount_; });
    used_.reset();
}

bool QueueBudget::fitsBeside(const Amount& others, const Amount& amount) const {
    return amount.queues <= queues_ - others.queues && amount.bytes <= bytes_ - others.bytes;
}

QueueBudget::Amount QueueBudget::configured() const {
    Amount amount = used_->all;
    return amount -= used_->viewers;
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

void QueueBudget::requireFitsInPlace(const Amount& from, const Amount& to) const {
    Amount others = configured();
    others -= used_->ending;
    others -= from;
    require(to, others);
}

bool QueueBudget::mayGiveWay(const Amount& from, const Amount& to) const {
    Amount others = configured();
    others -= from;
    return fitsBeside(others, to) && fitsBeside(used_->gaveWay, from);
}

void QueueBudget::require(const Amount& amount, const Amount& others) const {
    if (amount.queues > queues_ - others.queues)
        throw Refused(Refused::Kind::limit, fmt::format("limits.subscribers is reached ({})", queues_));
    if (amount.bytes > bytes_ - others.bytes)
        throw Refused(
            Refused::Kind::limit,
            fmt::format("{} of {} bytes {} not fit into limits.queue_memory: {} of {} bytes are taken",
                        amount.queues == 1 ? "its queue" : "its queues", amount.bytes,
                        amount.queues == 1 ? "does" : "do", others.bytes, bytes_));
}

QueueBudget::Reservation QueueBudget::reserve(std::uint64_t bytes, std::uint32_t queues, Claim claim) {
    if (claim == Claim::configured) makeRoom({bytes, queues});
    require({bytes, queues}, used_->all);
    return {used_, {bytes, queues}, claim};
}

} // namespace spillway::relay
