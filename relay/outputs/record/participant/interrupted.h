// Says of the recordings that a crash left behind that they were interrupted.
#pragma once

#include <filesystem>
#include <string>

namespace spillway::relay {

/// Below DIRECTORY/call/participant, of this subscription: a JSON file that says `recording` of a file that
/// nobody writes says `interrupted` from now on. Such a file has neither duration nor index, and plays up to
/// its last whole frame. May take as long as the file system does; follows no symbolic link. Output loop
/// thread.
void markInterrupted(const std::filesystem::path& directory, const std::string& subscription);

} // namespace spillway::relay
