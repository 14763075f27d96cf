// The names of recordings: `2026-11-22T18-03-04.123Z.archive.mkv`. The UTC start comes first, so that sorting
// by name is sorting by time; then the subscription that made it, so that another one in the same directory
// leaves it alone.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace spillway::relay {

/// Names begin with it.
std::string recordingStart(std::chrono::system_clock::time_point start);

/// `again` above 0 tells files of one start apart: `START-1.SUBSCRIPTION.mkv`.
std::string recordingName(const std::string& start, int again, const std::string& subscription);

/// Of the JSON file beside it.
std::string descriptionOf(const std::string& recording);

/// The subscription that a name tells; empty in those of earlier versions (`START.mkv`), nothing when we give
/// no such names.
std::optional<std::string_view> recordingOwner(std::string_view name);

} // namespace spillway::relay
