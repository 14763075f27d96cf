// A whole number with a unit: the part that durations and sizes share.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace spillway::config {

struct NumberWithUnit {
    std::uint64_t number = 0;
    std::string_view unit; ///< everything after the digits; may be empty
};

/// Nothing when the text does not begin with a decimal number that fits.
std::optional<NumberWithUnit> splitUnit(std::string_view text);

/// number * factor, or nothing when that exceeds `highest`.
std::optional<std::uint64_t> scaled(std::uint64_t number, std::uint64_t factor, std::uint64_t highest);

} // namespace spillway::config
