// What the fuzz targets share. Each is one LLVMFuzzerTestOneInput; run.sh builds and runs them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>

// libFuzzer calls it so.
// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace spillway::fuzz {

/// As assert(), in every build: a finding of its own beside what the sanitizers see.
inline void require(bool holds) {
    if (!holds) std::abort();
}

} // namespace spillway::fuzz
