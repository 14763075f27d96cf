#include "config/bit_rate.h"

#include "config/quote.h"
#include "config/unit.h"

#include <array>
#include <cctype>
#include <limits>
#include <stdexcept>

namespace spillway::config {

namespace {

struct Unit {
    std::string_view name;
    std::uint64_t bits;
};

constexpr std::array units{Unit{"Mbps", 1'000'000}, Unit{"kbps", 1'000}, Unit{"bps", 1}};

/// Whoever writes `100k`, `100kbit/s` or `2mbps` means the unit that begins with the same letter.
std::string meantUnit(const NumberWithUnit& split) {
    for (const Unit& unit : units) {
        const auto lower = [](char letter) { return std::tolower(static_cast<unsigned char>(letter)); };
        if (split.unit.empty() || lower(split.unit.front()) != lower(unit.name.front())) continue;
        return "; did you mean \"" + std::to_string(split.number).append(unit.name) + "\"?";
    }
    return "";
}

[[noreturn]] void refuse(std::string_view text, const std::string& why, const std::string& suggestion = "") {
    throw std::invalid_argument(
        quote(text) + " is not a rate: " + why +
        "; allowed: a whole number and one of bps, kbps, Mbps, such as 100kbps, 2Mbps" + suggestion);
}

} // namespace

std::uint64_t parseBitRate(std::string_view text) {
    const auto split = splitUnit(text);
    if (!split) refuse(text, "it does not begin with a whole number");
    if (split->unit.empty()) refuse(text, "the unit is missing");
    for (const Unit& unit : units) {
        if (unit.name != split->unit) continue;
        const auto value = scaled(split->number, unit.bits, std::numeric_limits<std::uint64_t>::max());
        if (!value) refuse(text, "it is too large");
        return *value;
    }
    refuse(text, "unknown unit " + quote(split->unit), meantUnit(*split));
}

std::string formatBitRate(std::uint64_t bitsPerSecond) {
    if (bitsPerSecond == 0) return "0bps";
    for (const Unit& unit : units)
        if (bitsPerSecond % unit.bits == 0)
            return std::to_string(bitsPerSecond / unit.bits).append(unit.name);
    return std::to_string(bitsPerSecond) + "bps";
}

} // namespace spillway::config
