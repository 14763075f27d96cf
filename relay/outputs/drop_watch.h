// Notices when a queue begins to lose frames because its reader is too slow, and when it has stopped: once
// each, however many frames it loses. Looked at every second or two. One thread at a time.
#pragma once

#include "relay/values/queue_stats.h"

#include <optional>
#include <string>

namespace spillway::relay {

class DropWatch {
  public:
    struct Change {
        bool drops; ///< begun, or stopped
        /// Frames lost since it began, by reason: `full=3 stale=12`.
        std::string lost;
    };

    /// What has changed since the last look, if anything.
    std::optional<Change> look(const QueueStats& stats, Clock::time_point now);
    bool drops() const { return drops_; }

  private:
    bool drops_ = false;
    QueueStats before_; ///< at the last look without a loss before it began
    std::uint64_t overflowed_ = 0;
    Clock::time_point lastLoss_;
};

} // namespace spillway::relay
