// The clock of everything that happens here: monotonic, any thread.
#pragma once

#include <chrono>

namespace spillway::relay {

using Clock = std::chrono::steady_clock;

} // namespace spillway::relay
