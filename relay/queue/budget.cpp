#include "relay/queue/budget.h"

#include "relay/values/refused.h"

#include <fmt/core.h>

namespace spillway::relay {

QueueBudget::Reservation::Reservation(std::shared_ptr<Used> used, std::uint64_t bytes, std::uint32_t queues)
    : used_(std::move(used))
    , bytes_(bytes)
    , queues_(queues) {
    used_->bytes += bytes_;
    used_->queues += queues_;
}

QueueBudget::Reservation& QueueBudget::Reservation::operator=(Reservation&& other) noexcept {
    if (this != &other) {
        giveBack();
        used_ = std::move(other.used_);
        bytes_ = other.bytes_;
        queues_ = other.queues_;
    }
    return *this;
}

void QueueBudget::Reservation::giveBack() {
    if (!used_) return;
    used_->bytes -= bytes_;
    used_->queues -= queues_;
    used_.reset();
}

QueueBudget::Reservation QueueBudget::reserve(std::uint64_t bytes, std::uint32_t queues) {
    if (queues > queues_ - used_->queues)
        throw Refused(Refused::Kind::limit, fmt::format("limits.subscribers is reached ({})", queues_));
    if (bytes > bytes_ - used_->bytes)
        throw Refused(
            Refused::Kind::limit,
            fmt::format(
                "its queue of {} bytes does not fit into limits.queue_memory: {} of {} bytes are taken",
                bytes, used_->bytes, bytes_));
    return {used_, bytes, queues};
}

} // namespace spillway::relay
