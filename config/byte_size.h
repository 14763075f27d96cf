// Sizes as users write them: `64KiB`, `512MiB`, `50GiB`, `1TiB`; or as a bare number of bytes, as programs do
// in JSON. Nothing else parses sizes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace spillway::config {

/// Throws std::invalid_argument, which says what is wrong and what is allowed.
std::uint64_t parseByteSize(std::string_view text);

/// In the largest unit that gives a whole number; parseByteSize() reads it back.
std::string formatByteSize(std::uint64_t bytes);

} // namespace spillway::config
