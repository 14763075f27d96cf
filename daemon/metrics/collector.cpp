#include "daemon/metrics/collector.h"

#include "daemon/metrics/process_metrics.h"
#include "daemon/metrics/relay_metrics.h"

#include <prometheus/text_serializer.h>

namespace spillway::daemon::metrics {

std::vector<prometheus::MetricFamily> Collector::Collect() const {
    Families families;
    const relay::Snapshot snapshot = sources_.snapshot();
    addBuild(families);
    addCallFamilies(families, snapshot);
    addTrackFamilies(families, snapshot);
    addQueueFamilies(families, snapshot);
    addViewerFamilies(families, snapshot);
    addOutputFamilies(families, snapshot);
    addReload(families);
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

void Collector::addReload(Families& families) const {
    const Reload reload = sources_.reload();
    const std::chrono::duration<double> when = reload.when.time_since_epoch();
    Family successful = gauge("config_last_reload_successful",
                              "1 when the last reading of the configuration succeeded, else 0.");
    Family timestamp = gauge("config_last_reload_timestamp_seconds",
                             "When the configuration was read the last time, successfully or not.");
    successful.add({}, reload.successful ? 1 : 0);
    timestamp.add({}, when.count());
    std::move(successful).moveTo(families);
    std::move(timestamp).moveTo(families);
}

void Collector::addRequests(Families& families) const {
    Family requests = counter("http_requests_total", "HTTP requests that were answered, by route pattern.");
    for (const auto& [key, count] : counts_.all())
        requests.add({{"route", key.route}, {"method", key.method}, {"code", std::to_string(key.status)}},
                     static_cast<double>(count));
    std::move(requests).moveTo(families);
}

} // namespace spillway::daemon::metrics
