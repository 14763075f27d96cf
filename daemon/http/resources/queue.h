// A queue as the API shows it: bounds, depth, counters. Pure.
#pragma once

#include "daemon/http/json.h"
#include "relay/queue/frame_queue.h"

namespace spillway::daemon::http {

Json describeQueue(const config::QueueBounds& bounds, const relay::QueueStats& stats);

} // namespace spillway::daemon::http
