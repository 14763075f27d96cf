// The queues of subscriptions, each with its series, and the memory that all queues share.
#include "daemon/metrics/relay_metrics.h"
#include "relay/values/queue_fill.h"

namespace spillway::daemon::metrics {

namespace {

using config::QueueBounds;
using relay::QueueStats;
using relay::Snapshot;
using Queue = relay::SubscriberSnapshot;

double oldestAge(const Queue& queue) {
    if (queue.queue.queuedBuffers == 0) return 0;
    return toDouble(relay::Clock::now() - queue.queue.oldest);
}

double fill(const Queue& queue) {
    return relay::queueFill(queue.queue, queue.bounds);
}

constexpr std::array columns{
    Column<Queue>{"queue_buffers", "Frames in the queue.", field<&Queue::queue, &QueueStats::queuedBuffers>},
    Column<Queue>{"queue_bytes", "Bytes in the queue.", field<&Queue::queue, &QueueStats::queuedBytes>},
    Column<Queue>{"queue_seconds", "Time between the oldest and the newest frame that waits in the queue.",
                  field<&Queue::queue, &QueueStats::queuedTime>},
    Column<Queue>{"queue_capacity_buffers", "Frames the queue may hold.",
                  field<&Queue::bounds, &QueueBounds::buffers>},
    Column<Queue>{"queue_capacity_bytes", "Bytes the queue may hold.",
                  field<&Queue::bounds, &QueueBounds::bytes>},
    Column<Queue>{"queue_capacity_seconds", "Time the frames that wait may span.",
                  field<&Queue::bounds, &QueueBounds::time>},
    Column<Queue>{"queue_fill_ratio", "The largest of the shares of the three capacities, 0 to 1.", fill},
    Column<Queue>{
        "queue_oldest_age_seconds",
        "Age of the oldest frame that is not handed over, also while it is being; 0 when there is none.",
        oldestAge},
    Column<Queue>{"queue_received_total", "Frames that reached the queue.",
                  field<&Queue::queue, &QueueStats::received>},
    Column<Queue>{"queue_delivered_total", "Frames that were handed over.",
                  field<&Queue::queue, &QueueStats::delivered>},
};

Rows<Queue> rowsOf(const Snapshot& snapshot) {
    Rows<Queue> rows;
    for (const auto& subscription : snapshot.subscriptions)
        for (const auto& queue : subscription.subscribers)
            rows.emplace_back(Labels{{"subscription", subscription.name}, {"track", queue.track.text()}},
                              &queue);
    return rows;
}

void addDrops(Families& families, const Rows<Queue>& rows) {
    Family dropped = counter("queue_dropped_total", "Frames that were not handed over, by reason.");
    for (const auto& [labels, queue] : rows)
        addReasons(dropped, labels, queue->queue.dropped, relay::dropReasonName);
    std::move(dropped).moveTo(families);
}

void addMemory(Families& families, const Snapshot& snapshot) {
    addSingle(families,
              gauge("queue_memory_bytes", "Sum of the bounds of all queues: the most they can hold."),
              toDouble(snapshot.queueMemory));
    addSingle(families, gauge("queue_memory_limit_bytes", "The most all queues together may hold."),
              toDouble(snapshot.queueMemoryLimit));
}

} // namespace

void addQueueFamilies(Families& families, const Snapshot& snapshot) {
    const auto rows = rowsOf(snapshot);
    addMemory(families, snapshot);
    addTable(families, columns, rows);
    addDrops(families, rows);
}

} // namespace spillway::daemon::metrics
