// A queue as the API shows it: bounds, depth, counters. Pure.
#pragma once

#include "config/settings.h"
#include "relay/values/queue_stats.h"

#include <nlohmann/json_fwd.hpp>

namespace spillway::daemon::http {

nlohmann::ordered_json describeQueue(const config::QueueBounds& bounds, const relay::QueueStats& stats);

} // namespace spillway::daemon::http
