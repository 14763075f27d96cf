// All of /metrics: one Collectable over the relay's snapshot, the HTTP server's counts and the process.
//
// Comes in: a snapshot for each scrape. Goes out: families, each with `maxSeries` at most. Series live as
// long as what they tell of, because nothing is kept here. Owner: App. Loop thread.
#pragma once

#include "daemon/http/request_counts.h"
#include "daemon/metrics/families.h"
#include "relay/snapshot.h"

#include <prometheus/collectable.h>

#include <functional>
#include <string>

namespace spillway::daemon::metrics {

class Collector : public prometheus::Collectable {
  public:
    struct Build {
        std::string version;
        std::string gstreamer;
    };

    /// `counts` outlives the collector.
    Collector(std::function<relay::Snapshot()> snapshot, const http::RequestCounts& counts, Build build,
              std::size_t maxSeries)
        : snapshot_(std::move(snapshot))
        , counts_(counts)
        , build_(std::move(build))
        , maxSeries_(maxSeries) {}

    std::vector<prometheus::MetricFamily> Collect() const override;
    /// Prometheus' text format, version 0.0.4.
    std::string text() const;

  private:
    void addBuild(Families& families) const;
    void addRequests(Families& families) const;

    std::function<relay::Snapshot()> snapshot_;
    const http::RequestCounts& counts_;
    Build build_;
    std::size_t maxSeries_;
};

} // namespace spillway::daemon::metrics
