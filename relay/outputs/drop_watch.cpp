#include "relay/outputs/drop_watch.h"

#include <fmt/core.h>

#include <utility>

namespace spillway::relay {

namespace {

/// Longer than the distance of keyframes, at each of which a queue that fills again begins anew.
constexpr std::chrono::seconds quietFor{10};

std::uint64_t of(const QueueStats& stats, DropReason reason) {
    return stats.dropped.at(static_cast<std::size_t>(reason));
}

/// What waits for a keyframe does so at the start and after a restart, too; a failed write has its own error.
std::uint64_t overflowedIn(const QueueStats& stats) {
    return of(stats, DropReason::full) + of(stats, DropReason::stale);
}

std::string lostBetween(const QueueStats& before, const QueueStats& now) {
    std::string lost;
    for (std::size_t i = 0; i < dropReasons; ++i)
        if (const auto count = now.dropped.at(i) - before.dropped.at(i))
            lost += fmt::format("{}{}={}", lost.empty() ? "" : " ",
                                dropReasonName(static_cast<DropReason>(i)), count);
    return lost;
}

} // namespace

std::optional<DropWatch::Change> DropWatch::look(const QueueStats& stats, Clock::time_point now) {
    const auto overflowed = overflowedIn(stats);
    if (std::exchange(overflowed_, overflowed) != overflowed) {
        lastLoss_ = now;
        if (std::exchange(drops_, true)) return std::nullopt;
        return Change{true, lostBetween(before_, stats)};
    }
    if (drops_ && now - lastLoss_ < quietFor) return std::nullopt;
    const auto before = std::exchange(before_, stats);
    if (!std::exchange(drops_, false)) return std::nullopt;
    return Change{false, lostBetween(before, stats)};
}

} // namespace spillway::relay
