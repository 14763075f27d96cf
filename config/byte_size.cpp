#include "config/byte_size.h"

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
    std::uint64_t bytes;
};

constexpr std::array units{Unit{"TiB", 1ULL << 40U}, Unit{"GiB", 1ULL << 30U}, Unit{"MiB", 1ULL << 20U},
                           Unit{"KiB", 1ULL << 10U}, Unit{"B", 1}};

/// Whoever writes `64KB`, `64k` or `64kib` means the unit that begins with the same letter.
std::string meantUnit(const NumberWithUnit& split) {
    for (const Unit& unit : units) {
        if (std::toupper(static_cast<unsigned char>(split.unit.front())) != unit.name.front()) continue;
        return "; did you mean \"" + std::to_string(split.number).append(unit.name) + "\"?";
    }
    return "";
}

[[noreturn]] void refuse(std::string_view text, const std::string& why, const std::string& suggestion = "") {
    throw std::invalid_argument(quote(text) + " is not a size: " + why +
                                "; allowed: a whole number and one of B, KiB, MiB, GiB, TiB, such as 64KiB, "
                                "512MiB, 50GiB" +
                                suggestion);
}

} // namespace

std::uint64_t parseByteSize(std::string_view text) {
    const auto split = splitUnit(text);
    if (!split) refuse(text, "it does not begin with a whole number");
    if (split->unit.empty()) return split->number;
    for (const Unit& unit : units) {
        if (unit.name != split->unit) continue;
        const auto value = scaled(split->number, unit.bytes, std::numeric_limits<std::uint64_t>::max());
        if (!value) refuse(text, "it is too large");
        return *value;
    }
    refuse(text, "unknown unit " + quote(split->unit), meantUnit(*split));
}

std::string formatByteSize(std::uint64_t bytes) {
    if (bytes == 0) return "0B";
    for (const Unit& unit : units)
        if (bytes % unit.bytes == 0) return std::to_string(bytes / unit.bytes).append(unit.name);
    return std::to_string(bytes) + "B";
}

} // namespace spillway::config
