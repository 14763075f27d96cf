// The names of recordings: `2026-11-22T18-03-04.123Z.mkv`, the UTC start, so that sorting by name is sorting
// by time.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace spillway::relay {

/// Without the ending.
std::string recordingStem(std::chrono::system_clock::time_point start);

/// Whether we give such names: a stem, `-2` and so on for files of one start, and `.mkv`.
bool isRecordingName(std::string_view name);

} // namespace spillway::relay
