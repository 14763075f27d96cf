#include "daemon/http/resources/queue.h"

#include "daemon/http/json.h"
#include "daemon/http/resources/time.h"
#include "relay/values/queue_fill.h"

namespace spillway::daemon::http {

namespace {

Json capacity(const config::QueueBounds& bounds) {
    return {{"buffers", bounds.buffers}, {"bytes", bounds.bytes}, {"seconds", seconds(bounds.time)}};
}

Json droppedByReason(const relay::QueueStats& stats) {
    Json dropped = Json::object();
    for (std::size_t i = 0; i < relay::dropReasons; ++i)
        dropped[relay::dropReasonName(static_cast<relay::DropReason>(i))] = stats.dropped.at(i);
    return dropped;
}

} // namespace

Json describeQueue(const config::QueueBounds& bounds, const relay::QueueStats& stats) {
    Json json{{"policy", config::policyName(bounds.policy)},
              {"capacity", capacity(bounds)},
              {"buffers", stats.queuedBuffers},
              {"bytes", stats.queuedBytes},
              {"seconds", seconds(stats.queuedTime)},
              {"fill", relay::queueFill(stats, bounds)},
              {"oldest_age_seconds", 0.0},
              {"received", stats.received},
              {"delivered", stats.delivered},
              {"dropped", droppedByReason(stats)},
              {"awaiting_keyframe", stats.awaitingKeyframe}};
    if (stats.queuedBuffers > 0) json["oldest_age_seconds"] = seconds(relay::Clock::now() - stats.oldest);
    return json;
}

} // namespace spillway::daemon::http
