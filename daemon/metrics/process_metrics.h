// What the kernel says about this process, named as Prometheus' client libraries name it. Any thread.
#pragma once

#include "daemon/metrics/families.h"

namespace spillway::daemon::metrics {

/// What /proc does not tell is left out.
void addProcessFamilies(Families& families);

} // namespace spillway::daemon::metrics
