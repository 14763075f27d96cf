// Which mounted file system a path lies on, by its text alone: to ask the file system itself may take for
// ever.
//
// Symbolic links are not followed, so what lies behind one counts for where the link is. Any thread.
#pragma once

#include <filesystem>
#include <istream>
#include <string>

namespace spillway::relay {

/// The deepest mount point that the path is or lies below, by a table as in /proc/self/mountinfo (proc(5)).
std::string mountPointOf(const std::filesystem::path& path, std::istream& mountInfo);
/// By that of this process.
std::string mountPointOf(const std::filesystem::path& path);

} // namespace spillway::relay
