#include "config/unit.h"

#include <charconv>

namespace spillway::config {

std::optional<NumberWithUnit> splitUnit(std::string_view text) {
    NumberWithUnit result;
    const char* const end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, result.number);
    if (error != std::errc()) return std::nullopt;
    result.unit = std::string_view(rest, static_cast<std::size_t>(end - rest));
    return result;
}

std::optional<std::uint64_t> scaled(std::uint64_t number, std::uint64_t factor, std::uint64_t highest) {
    if (number > highest / factor) return std::nullopt;
    return number * factor;
}

} // namespace spillway::config
