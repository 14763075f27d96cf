// Views of bytes that somebody else owns.
#pragma once

#include <cstdint>
#include <span>

namespace spillway::relay {

using Bytes = std::span<const std::uint8_t>;
using MutableBytes = std::span<std::uint8_t>;

} // namespace spillway::relay
