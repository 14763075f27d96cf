// Rates as users write them: `500bps`, `100kbps`, `2Mbps`; bits in a second, by thousands. Nothing else
// parses rates.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace spillway::config {

/// Throws std::invalid_argument, which says what is wrong and what is allowed.
std::uint64_t parseBitRate(std::string_view text);

/// In the largest unit that gives a whole number; parseBitRate() reads it back.
std::string formatBitRate(std::uint64_t bitsPerSecond);

} // namespace spillway::config
