// How full a queue is.
#pragma once

#include "config/settings.h"
#include "relay/values/queue_stats.h"

namespace spillway::relay {

/// The largest of its shares of the three bounds, 0 to 1: the one at which it will drop.
double queueFill(const QueueStats& stats, const config::QueueBounds& bounds);

} // namespace spillway::relay
