#include "relay/outputs/record/recording_name.h"

#include "config/name.h"

#include <fmt/chrono.h>
#include <fmt/core.h>

#include <algorithm>

namespace spillway::relay {

namespace {

constexpr std::string_view pattern = "dddd-dd-ddTdd-dd-dd.dddZ";
constexpr std::string_view ending = ".mkv";

bool isDigit(char c) {
    return c >= '0' && c <= '9';
}

/// Takes the start off the front of the name.
bool takeStart(std::string_view& name) {
    if (name.size() < pattern.size()) return false;
    const bool starts = std::equal(pattern.begin(), pattern.end(), name.begin(), [](char wanted, char c) {
        return wanted == 'd' ? isDigit(c) : wanted == c;
    });
    name.remove_prefix(pattern.size());
    return starts;
}

/// Takes `-1` to `-999` off the front of the name, if there is a dash.
bool takeAgain(std::string_view& name) {
    if (!name.starts_with('-')) return true;
    const auto digits = name.substr(1, name.find('.') - 1);
    name.remove_prefix(digits.size() + 1);
    return !digits.empty() && digits.size() <= 3 && std::all_of(digits.begin(), digits.end(), isDigit);
}

} // namespace

std::string recordingStart(std::chrono::system_clock::time_point start) {
    using namespace std::chrono;
    const auto whole = floor<seconds>(start);
    const auto rest = duration_cast<milliseconds>(start - whole).count();
    return fmt::format("{:%Y-%m-%dT%H-%M-%S}.{:03}Z", fmt::gmtime(system_clock::to_time_t(whole)), rest);
}

std::string recordingName(const std::string& start, int again, const std::string& subscription) {
    return fmt::format("{}{}.{}{}", start, again > 0 ? fmt::format("-{}", again) : "", subscription, ending);
}

std::string descriptionOf(const std::string& recording) {
    return recording.substr(0, recording.rfind('.')) + ".json";
}

std::optional<std::string_view> recordingOwner(std::string_view name) {
    if (!name.ends_with(ending)) return std::nullopt;
    name.remove_suffix(ending.size());
    if (!takeStart(name) || !takeAgain(name)) return std::nullopt;
    if (name.empty()) return name;
    const auto owner = name.substr(1);
    return name.front() == '.' && config::isName(owner) ? std::optional(owner) : std::nullopt;
}

} // namespace spillway::relay
