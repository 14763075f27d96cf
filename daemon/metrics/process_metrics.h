// What the kernel and the allocator say about this process, the former named as Prometheus' client libraries
// name it. Any thread.
#pragma once

#include "daemon/metrics/families.h"

namespace spillway::daemon::metrics {

/// Omits what /proc does not show.
void addProcessFamilies(Families& families);

} // namespace spillway::daemon::metrics
