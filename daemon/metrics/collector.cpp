#include "daemon/metrics/collector.h"

#include "daemon/metrics/process_metrics.h"
#include "daemon/metrics/relay_metrics.h"

#include <prometheus/text_serializer.h>

namespace spillway::daemon::metrics {

std::vector<prometheus::MetricFamily> Collector::Collect() const {
    Families families;
    const relay::Snapshot snapshot = snapshot_();
    addBuild(families);
    addCallFamilies(families, snapshot);
    addTrackFamilies(families, snapshot);
    addQueueFamilies(families, snapshot);
    addOutputFamilies(families, snapshot);
    addRequests(families);
    addProcessFamilies(families);
    for (auto& family : families)
        limitSeries(family, maxSeries_);
    return families;
}

std::string Collector::text() const {
    return prometheus::TextSerializer().Serialize(Collect());
}

void Collector::addBuild(Families& families) const {
    Family build = gauge("build_info", "1, with the versions as labels.");
    build.add({{"version", build_.version}, {"gstreamer", build_.gstreamer}}, 1);
    std::move(build).moveTo(families);
}

void Collector::addRequests(Families& families) const {
    Family requests = counter("http_requests_total", "HTTP requests that were answered, by route pattern.");
    for (const auto& [key, count] : counts_.all())
        requests.add({{"route", key.route}, {"method", key.method}, {"code", std::to_string(key.status)}},
                     static_cast<double>(count));
    std::move(requests).moveTo(families);
}

} // namespace spillway::daemon::metrics
