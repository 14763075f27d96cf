// The histograms of all subscribers of one kind of output, also of those that are gone.
#pragma once

#include "relay/base/histogram.h"

namespace spillway::relay {

struct OutputMetrics {
    Histogram depth{Histogram::depthBuckets()};
    Histogram latency{Histogram::latencyBuckets()};
    Histogram firstKeyframe{Histogram::keyframeBuckets()};
};

} // namespace spillway::relay
