// The clock of everything that happens here: monotonic, any thread.
#pragma once

#include <chrono>

namespace spillway::relay {

using Clock = std::chrono::steady_clock;

/// As the wall clock has it now.
inline std::chrono::system_clock::time_point wallTimeOf(Clock::time_point time) {
    using std::chrono::system_clock;
    return system_clock::now() - std::chrono::duration_cast<system_clock::duration>(Clock::now() - time);
}

} // namespace spillway::relay
