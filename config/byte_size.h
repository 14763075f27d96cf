// Sizes as users write them: `64KiB`, `512MiB`, `50GiB`, `1TiB`, or bare bytes, as programs write them in
// JSON. The only parser of them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace spillway::config {

/// Throws std::invalid_argument that says what is wrong and what is allowed.
std::uint64_t parseByteSize(std::string_view text);

/// In the largest unit that gives a whole number; parseByteSize() reads it back.
std::string formatByteSize(std::uint64_t bytes);

} // namespace spillway::config
