#include "relay/outputs/record/recording_name.h"

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

} // namespace

std::string recordingStem(std::chrono::system_clock::time_point start) {
    using namespace std::chrono;
    const auto whole = floor<seconds>(start);
    const auto rest = duration_cast<milliseconds>(start - whole).count();
    return fmt::format("{:%Y-%m-%dT%H-%M-%S}.{:03}Z", fmt::gmtime(system_clock::to_time_t(whole)), rest);
}

bool isRecordingName(std::string_view name) {
    if (!name.ends_with(ending)) return false;
    name.remove_suffix(ending.size());
    if (name.size() < pattern.size()) return false;
    const bool starts = std::equal(pattern.begin(), pattern.end(), name.begin(), [](char wanted, char c) {
        return wanted == 'd' ? isDigit(c) : wanted == c;
    });
    const std::string_view suffix = name.substr(pattern.size());
    if (!starts || suffix.empty()) return starts;
    return suffix.size() >= 2 && suffix.size() <= 4 && suffix.front() == '-' &&
           std::all_of(suffix.begin() + 1, suffix.end(), isDigit);
}

} // namespace spillway::relay
