// What a queue has counted, and why it lost frames or ended.
#pragma once

#include "relay/base/clock.h"

#include <array>
#include <cstddef>
#include <cstdint>

namespace spillway::relay {

enum class DropReason { full, awaitKeyframe, stale, writeError, congested, end };
inline constexpr std::size_t dropReasons = static_cast<std::size_t>(DropReason::end) + 1;
/// The label value of the metrics: `full`, `await_keyframe`, `stale`, `write_error`, `congested`, `end`.
const char* dropReasonName(DropReason reason);

/// One consistent reading.
struct QueueStats {
    std::uint64_t received = 0;
    std::uint64_t delivered = 0;
    std::array<std::uint64_t, dropReasons> dropped{};
    std::uint64_t queuedBuffers = 0;
    std::uint64_t queuedBytes = 0;
    /// Between the arrivals of the oldest and the newest frame that no reader has taken: what
    /// QueueBounds::time bounds.
    Clock::duration queuedTime{};
    /// Arrival of the oldest queued frame, be it in the reader's hands; meaningless when nothing is queued.
    Clock::time_point oldest{};
    bool awaitingKeyframe = false;

    std::uint64_t droppedTotal() const;
};

/// Why a queue takes no more frames.
enum class EndReason { none, trackEnded, unsubscribed, overflow, writeError, shutdown };
const char* endReasonName(EndReason reason);

} // namespace spillway::relay
