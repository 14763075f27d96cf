#include "config/path.h"

#include <algorithm>

namespace spillway::config {

namespace {

bool isBelow(const std::filesystem::path& directory, const std::filesystem::path& path) {
    return std::mismatch(directory.begin(), directory.end(), path.begin(), path.end()).first ==
           directory.end();
}

} // namespace

std::filesystem::path plainPath(const std::filesystem::path& path) {
    const auto plain = std::filesystem::absolute(path).lexically_normal();
    return plain.has_filename() || plain == plain.root_path() ? plain : plain.parent_path();
}

bool isBelowOneOf(const std::vector<std::filesystem::path>& directories, const std::filesystem::path& path) {
    return std::any_of(
        directories.begin(), directories.end(),
        [plain = plainPath(path)](const auto& directory) { return isBelow(directory, plain); });
}

} // namespace spillway::config
