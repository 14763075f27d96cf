// Where a path leads, by its text alone: no file is looked at, so links are not followed.
#pragma once

#include <filesystem>
#include <vector>

namespace spillway::config {

/// Absolute, from the working directory on where it is relative; without `.`, `..` and a final slash.
std::filesystem::path plainPath(const std::filesystem::path& path);

/// Whether it is one of these, which are plain, or lies below one.
bool isBelowOneOf(const std::vector<std::filesystem::path>& directories, const std::filesystem::path& path);

} // namespace spillway::config
