#include "daemon/metrics/relay_metrics.h"

#include <array>
#include <map>

namespace spillway::daemon::metrics {

namespace {

using prometheus::MetricType;
using relay::Snapshot;
using relay::SubscriberSnapshot;

double toSeconds(std::chrono::duration<double> span) {
    return span.count();
}

struct QueueFamily {
    const char* name;
    const char* help;
    MetricType type;
    double (*read)(const SubscriberSnapshot&);
};

constexpr std::array queueFamilies{
    QueueFamily{"spillway_queue_buffers", "Frames in the queue.", MetricType::Gauge,
                [](const SubscriberSnapshot& s) { return static_cast<double>(s.queue.queuedBuffers); }},
    QueueFamily{"spillway_queue_bytes", "Bytes in the queue.", MetricType::Gauge,
                [](const SubscriberSnapshot& s) { return static_cast<double>(s.queue.queuedBytes); }},
    QueueFamily{"spillway_queue_seconds", "Time between the oldest and the newest frame in the queue.",
                MetricType::Gauge, [](const SubscriberSnapshot& s) { return toSeconds(s.queue.queuedTime); }},
    QueueFamily{"spillway_queue_capacity_buffers", "Frames the queue may hold.", MetricType::Gauge,
                [](const SubscriberSnapshot& s) { return static_cast<double>(s.bounds.buffers); }},
    QueueFamily{"spillway_queue_capacity_bytes", "Bytes the queue may hold.", MetricType::Gauge,
                [](const SubscriberSnapshot& s) { return static_cast<double>(s.bounds.bytes); }},
    QueueFamily{"spillway_queue_capacity_seconds", "Time the queue may span.", MetricType::Gauge,
                [](const SubscriberSnapshot& s) { return toSeconds(s.bounds.time); }},
    QueueFamily{"spillway_queue_oldest_age_seconds",
                "Age of the oldest frame in the queue; 0 when it is empty.", MetricType::Gauge,
                [](const SubscriberSnapshot& s) {
                    return s.queue.queuedBuffers > 0 ? toSeconds(relay::Clock::now() - s.queue.oldest) : 0;
                }},
    QueueFamily{"spillway_queue_received_total", "Frames that reached the queue.", MetricType::Counter,
                [](const SubscriberSnapshot& s) { return static_cast<double>(s.queue.received); }},
    QueueFamily{"spillway_queue_delivered_total", "Frames that were handed over.", MetricType::Counter,
                [](const SubscriberSnapshot& s) { return static_cast<double>(s.queue.delivered); }},
};

template <class Visit>
void forEachQueue(const Snapshot& snapshot, Visit visit) {
    for (const auto& subscription : snapshot.subscriptions)
        for (const auto& subscriber : subscription.subscribers)
            visit(Labels{{"subscription", subscription.name}, {"track", subscriber.track.text()}},
                  subscriber);
}

void addDrops(Families& families, const Snapshot& snapshot) {
    Family dropped = counter("queue_dropped_total", "Frames that were not handed over, by reason.");
    forEachQueue(snapshot, [&](const Labels& labels, const SubscriberSnapshot& subscriber) {
        for (std::size_t i = 0; i < relay::dropReasons; ++i) {
            Labels with = labels;
            with.push_back({"reason", relay::dropReasonName(static_cast<relay::DropReason>(i))});
            dropped.add(std::move(with), static_cast<double>(subscriber.queue.dropped.at(i)));
        }
    });
    std::move(dropped).moveTo(families);
}

void addMemory(Families& families, const Snapshot& snapshot) {
    Family memory = gauge("queue_memory_bytes", "Sum of the bounds of all queues: the most they can hold.");
    memory.add({}, static_cast<double>(snapshot.queueMemory));
    std::move(memory).moveTo(families);
    Family limit = gauge("queue_memory_limit_bytes", "The most all queues together may hold.");
    limit.add({}, static_cast<double>(snapshot.queueMemoryLimit));
    std::move(limit).moveTo(families);
}

void addSubscribers(Families& families, const Snapshot& snapshot) {
    std::map<std::string, double> counts;
    for (const auto& [output, histograms] : snapshot.outputs)
        counts[output];
    for (const auto& subscription : snapshot.subscriptions)
        counts[subscription.output] += static_cast<double>(subscription.subscribers.size());
    for (const auto& viewer : snapshot.viewers)
        counts["webrtc"] += static_cast<double>(viewer.tracks.size());
    Family subscribers = gauge("subscribers", "Subscribers on tracks, by output.");
    for (const auto& [output, count] : counts)
        subscribers.add({{"output", output}}, count);
    std::move(subscribers).moveTo(families);
}

} // namespace

void addQueueFamilies(Families& families, const Snapshot& snapshot) {
    addSubscribers(families, snapshot);
    addMemory(families, snapshot);
    for (const QueueFamily& each : queueFamilies) {
        Family family(each.name, each.help, each.type);
        forEachQueue(snapshot, [&](const Labels& labels, const SubscriberSnapshot& subscriber) {
            family.add(labels, each.read(subscriber));
        });
        std::move(family).moveTo(families);
    }
    addDrops(families, snapshot);
}

void addOutputFamilies(Families& families, const Snapshot& snapshot) {
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

} // namespace spillway::daemon::metrics
