// All of /metrics: the relay's snapshot, the HTTP server's counts and the process, as text.
//
// Comes in: a snapshot for each scrape. Goes out: families, each with `maxSeries` at most. Series live as
// long as what they describe, because nothing is kept here. Owner: App. Loop thread.
#pragma once

#include "daemon/http/request_counts.h"
#include "relay/values/snapshot.h"

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <utility>

namespace spillway::daemon::metrics {

/// How the configuration was read the last time.
struct Reload {
    bool successful = true;
    std::chrono::system_clock::time_point when;
};

class Collector {
  public:
    struct Sources {
        std::function<relay::Snapshot()> snapshot;
        std::function<Reload()> reload;
    };
    struct Build {
        std::string version;
        std::string gstreamer;
    };

    /// `counts` outlives the collector.
    Collector(Sources sources, const http::RequestCounts& counts, Build build, std::size_t maxSeries)
        : sources_(std::move(sources))
        , counts_(counts)
        , build_(std::move(build))
        , maxSeries_(maxSeries) {}

    /// Prometheus' text format, version 0.0.4.
    std::string text() const;

  private:
    Sources sources_;
    const http::RequestCounts& counts_;
    Build build_;
    std::size_t maxSeries_;
};

} // namespace spillway::daemon::metrics
