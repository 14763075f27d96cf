#include "daemon/metrics/families.h"

#include <algorithm>
#include <array>
#include <map>
#include <string_view>

namespace spillway::daemon::metrics {

namespace {

using prometheus::ClientMetric;
using prometheus::MetricType;

bool namesSomething(const std::string& label) {
    static constexpr std::array<std::string_view, 5> names{"call", "participant", "track", "subscription",
                                                           "route"};
    return std::find(names.begin(), names.end(), label) != names.end();
}

Labels unnamed(Labels labels) {
    for (auto& label : labels)
        if (namesSomething(label.name)) label.value = "other";
    return labels;
}

/// Histograms are labelled by output, of which there are few: they are never summed.
void accumulate(ClientMetric& sum, const ClientMetric& metric) {
    sum.gauge.value += metric.gauge.value;
    sum.counter.value += metric.counter.value;
}

} // namespace

Family::Family(std::string name, std::string help, MetricType type) {
    family_.name = std::move(name);
    family_.help = std::move(help);
    family_.type = type;
}

void Family::add(Labels labels, double value) {
    ClientMetric metric;
    metric.label = std::move(labels);
    (family_.type == MetricType::Counter ? metric.counter.value : metric.gauge.value) = value;
    family_.metric.push_back(std::move(metric));
}

void Family::add(Labels labels, const relay::HistogramReading& reading) {
    ClientMetric metric;
    metric.label = std::move(labels);
    std::uint64_t cumulative = 0;
    for (std::size_t i = 0; i < reading.bounds.size(); ++i) {
        cumulative += reading.counts.at(i);
        metric.histogram.bucket.push_back({cumulative, reading.bounds.at(i)});
    }
    metric.histogram.sample_count = reading.total();
    metric.histogram.sample_sum = reading.sum;
    family_.metric.push_back(std::move(metric));
}

void Family::moveTo(Families& families) && {
    if (!family_.metric.empty()) families.push_back(std::move(family_));
}

Family gauge(const std::string& name, const std::string& help) {
    return {"spillway_" + name, help, MetricType::Gauge};
}
Family counter(const std::string& name, const std::string& help) {
    return {"spillway_" + name, help, MetricType::Counter};
}
Family histogram(const std::string& name, const std::string& help) {
    return {"spillway_" + name, help, MetricType::Histogram};
}

Family familyOf(const std::string& name, const std::string& help) {
    return std::string_view(name).ends_with("_total") ? counter(name, help) : gauge(name, help);
}

void addSingle(Families& families, Family family, double value) {
    family.add({}, value);
    std::move(family).moveTo(families);
}

void limitSeries(prometheus::MetricFamily& family, std::size_t maxSeries) {
    auto& metrics = family.metric;
    if (metrics.size() <= maxSeries || family.type == MetricType::Histogram) return;
    std::map<Labels, ClientMetric> sums;
    for (const auto& metric : metrics)
        sums[unnamed(metric.label)];
    const auto kept = static_cast<std::ptrdiff_t>(maxSeries - std::min(maxSeries, sums.size()));
    std::for_each(metrics.begin() + kept, metrics.end(),
                  [&](const ClientMetric& metric) { accumulate(sums[unnamed(metric.label)], metric); });
    metrics.erase(metrics.begin() + kept, metrics.end());
    for (auto& [labels, sum] : sums) {
        sum.label = labels;
        metrics.push_back(std::move(sum));
    }
}

} // namespace spillway::daemon::metrics
