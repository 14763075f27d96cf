// The families that one snapshot of the relay gives. Pure functions, any thread.
#pragma once

#include "daemon/metrics/families.h"
#include "relay/values/snapshot.h"

namespace spillway::daemon::metrics {

void addCallFamilies(Families& families, const relay::Snapshot& snapshot);
void addTrackFamilies(Families& families, const relay::Snapshot& snapshot);
void addQueueFamilies(Families& families, const relay::Snapshot& snapshot);
void addViewerFamilies(Families& families, const relay::Snapshot& snapshot);
void addOutputFamilies(Families& families, const relay::Snapshot& snapshot);

} // namespace spillway::daemon::metrics
