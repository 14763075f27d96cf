// Builds metric families: one line for each sample, and a bound on how many series a family may have. Any
// thread.
#pragma once

#include "relay/base/histogram.h"

#include <prometheus/metric_family.h>

#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

namespace spillway::daemon::metrics {

using Families = std::vector<prometheus::MetricFamily>;
using Labels = std::vector<prometheus::ClientMetric::Label>;

class Family {
  public:
    /// `name` as Prometheus sees it, with its prefix.
    Family(std::string name, std::string help, prometheus::MetricType type);

    void add(Labels labels, double value);
    void add(Labels labels, const relay::HistogramReading& reading);
    /// Moves it to `families` unless it has no series.
    void moveTo(Families& families) &&;

  private:
    prometheus::MetricFamily family_;
};

Family gauge(const std::string& name, const std::string& help);
Family counter(const std::string& name, const std::string& help);
Family histogram(const std::string& name, const std::string& help);

/// Keeps `maxSeries` at most. What is more is summed: labels that name something (call, track, subscription,
/// route) are `other` there, those of few values (reason, state) stay.
void limitSeries(prometheus::MetricFamily& family, std::size_t maxSeries);

} // namespace spillway::daemon::metrics
