#include "config/duration.h"

#include "config/quote.h"
#include "config/unit.h"

#include <array>
#include <cstdint>
#include <stdexcept>

namespace spillway::config {

namespace {

struct Unit {
    std::string_view name;
    std::uint64_t milliseconds;
};

constexpr std::array units{Unit{"d", 86'400'000}, Unit{"h", 3'600'000}, Unit{"m", 60'000}, Unit{"s", 1000},
                           Unit{"ms", 1}};

/// A hundred years. Anything longer is a mistake, and sums of such values still fit.
constexpr std::uint64_t longest = 36'525ULL * 86'400'000;

[[noreturn]] void refuse(std::string_view text, const std::string& why) {
    throw std::invalid_argument(
        quote(text) + " is not a duration: " + why +
        "; allowed: a whole number and one of ms, s, m, h, d, such as 500ms, 10s, 5m, 1h, 7d");
}

} // namespace

std::chrono::milliseconds parseDuration(std::string_view text) {
    const auto split = splitUnit(text);
    if (!split) refuse(text, "it does not begin with a whole number");
    if (split->unit.empty() && split->number == 0) return std::chrono::milliseconds(0);
    if (split->unit.empty()) refuse(text, "the unit is missing");
    for (const Unit& unit : units) {
        if (unit.name != split->unit) continue;
        const auto value = scaled(split->number, unit.milliseconds, longest);
        if (!value) refuse(text, "it is too long");
        return std::chrono::milliseconds(*value);
    }
    refuse(text, "unknown unit " + quote(split->unit));
}

std::string formatDuration(std::chrono::milliseconds duration) {
    const std::int64_t count = duration.count();
    if (count == 0) return "0s";
    for (const Unit& unit : units) {
        const auto size = static_cast<std::int64_t>(unit.milliseconds);
        if (count % size == 0) return std::to_string(count / size).append(unit.name);
    }
    return std::to_string(count) + "ms";
}

} // namespace spillway::config
