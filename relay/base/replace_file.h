// Files that others read while they change. Any thread that may wait for a file system.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string_view>

namespace spillway::relay {

/// Readers see the old text or the new one. False with errno.
bool replaceFile(const std::filesystem::path& path, std::string_view text, mode_t mode = 0644);

} // namespace spillway::relay
