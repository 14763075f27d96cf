#include "daemon/http/json.h"
#include "daemon/http/resources/resources.h"
#include "daemon/http/resources/time.h"

#include <algorithm>

namespace spillway::daemon::http {

namespace {

Json counts(const relay::Snapshot& snapshot) {
    std::uint64_t peers = 0;
    std::uint64_t subscribers = 0;
    for (const auto& call : snapshot.calls)
        peers += call.peers;
    for (const auto& subscription : snapshot.subscriptions)
        subscribers += subscription.subscribers.size();
    const auto draining = std::count_if(snapshot.tracks.begin(), snapshot.tracks.end(),
                                        [](const auto& track) { return track.draining; });
    return {{"calls", snapshot.calls.size()},
            {"peers", peers},
            {"tracks", snapshot.tracks.size()},
            {"tracks_draining", draining},
            {"subscriptions", snapshot.subscriptions.size()},
            {"subscribers", subscribers},
            {"viewers", snapshot.viewers.size()}};
}

Json limits(const config::LimitSettings& limits) {
    return {{"queue_memory_bytes", limits.queueMemory},
            {"subscribers", limits.subscribers},
            {"calls", limits.calls},
            {"tracks_per_call", limits.tracksPerCall}};
}

Json status(const relay::Snapshot& snapshot, const StatusFacts& facts) {
    return {
        {"version", facts.version},
        {"gstreamer", facts.gstreamer},
        {"nice", facts.nice},
        {"started", timestamp(facts.started)},
        {"uptime_seconds", seconds(std::chrono::system_clock::now() - facts.started)},
        {"limits", limits(facts.limits)},
        {"queue_memory", {{"bytes", snapshot.queueMemory}, {"worst_case_bytes", snapshot.queueMemoryLimit}}},
        {"publishers", {{"ice", snapshot.publisherIce.word()}, {"reason", snapshot.publisherIce.why}}},
        {"counts", counts(snapshot)}};
}

} // namespace

void addStatus(Router& router, const SnapshotSource& snapshot, const StatusFacts& facts) {
    router.get("/v1/status", Access::monitor,
               [=](const Request&) { return jsonResponse(status(snapshot(), facts)); });
}

} // namespace spillway::daemon::http
