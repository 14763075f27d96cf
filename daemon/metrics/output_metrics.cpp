// Outputs by kind, viewers among them: how many subscribers each has, and how long frames take through it.
#include "daemon/metrics/relay_metrics.h"

#include <map>

namespace spillway::daemon::metrics {

namespace {

using relay::Snapshot;

void addSubscribers(Families& families, const Snapshot& snapshot) {
    std::map<std::string, double> counts;
    for (const auto& [output, histograms] : snapshot.outputs)
        counts[output];
    for (const auto& subscription : snapshot.subscriptions)
        counts[config::outputName(subscription.output)] +=
            static_cast<double>(subscription.subscribers.size());
    for (const auto& viewer : snapshot.viewers)
        counts["webrtc"] += static_cast<double>(viewer.tracks.size());
    Family subscribers = gauge("subscribers", "Subscribers on tracks, by output.");
    for (const auto& [output, count] : counts)
        subscribers.add({{"output", output}}, count);
    std::move(subscribers).moveTo(families);
}

void addHistograms(Families& families, const Snapshot& snapshot) {
    Family depth = histogram("queue_depth_buffers", "Frames already in the queue when a frame arrived.");
    Family latency = histogram("forward_latency_seconds", "Time from arrival at the relay to delivery.");
    Family keyframe = histogram("first_keyframe_seconds", "Time from attaching to the first keyframe.");
    for (const auto& [output, histograms] : snapshot.outputs) {
        depth.add({{"output", output}}, histograms.depth);
        latency.add({{"output", output}}, histograms.latency);
        keyframe.add({{"output", output}}, histograms.firstKeyframe);
    }
    std::move(depth).moveTo(families);
    std::move(latency).moveTo(families);
    std::move(keyframe).moveTo(families);
}

void addUsable(Families& families, const Snapshot& snapshot) {
    Family usable = gauge("subscription_usable",
                          "1 when the subscription can serve tracks, 0 while its directory cannot be used.");
    for (const auto& subscription : snapshot.subscriptions)
        usable.add({{"subscription", subscription.name}}, subscription.problem.empty() ? 1 : 0);
    std::move(usable).moveTo(families);
}

} // namespace

void addOutputFamilies(Families& families, const Snapshot& snapshot) {
    addUsable(families, snapshot);
    addSubscribers(families, snapshot);
    addHistograms(families, snapshot);
}

} // namespace spillway::daemon::metrics
