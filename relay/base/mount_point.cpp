#include "relay/base/mount_point.h"

#include <algorithm>
#include <fstream>
#include <sstream>

namespace spillway::relay {

namespace {

bool isOctal(const std::string& text, std::size_t at) {
    return text.size() >= at + 3 && std::all_of(text.begin() + static_cast<std::ptrdiff_t>(at),
                                                text.begin() + static_cast<std::ptrdiff_t>(at + 3),
                                                [](char c) { return c >= '0' && c <= '7'; });
}

/// Blanks and backslashes are written as `\040`.
std::string unescaped(const std::string& text) {
    std::string result;
    for (std::size_t i = 0; i < text.size(); ++i)
        if (text[i] == '\\' && isOctal(text, i + 1)) {
            result += static_cast<char>(std::stoi(text.substr(i + 1, 3), nullptr, 8));
            i += 3;
        } else {
            result += text[i];
        }
    return result;
}

bool isAtOrBelow(const std::string& path, const std::string& mount) {
    if (mount == "/") return true;
    return path.starts_with(mount) && (path.size() == mount.size() || path[mount.size()] == '/');
}

} // namespace

std::string mountPointOf(const std::filesystem::path& path, std::istream& mountInfo) {
    const std::string text = path.lexically_normal().string();
    std::string deepest = "/";
    for (std::string line; std::getline(mountInfo, line);) {
        std::istringstream fields(line);
        std::string ignored, mount;
        fields >> ignored >> ignored >> ignored >> ignored >> mount;
        mount = unescaped(mount);
        if (mount.size() > deepest.size() && isAtOrBelow(text, mount)) deepest = mount;
    }
    return deepest;
}

std::string mountPointOf(const std::filesystem::path& path) {
    std::ifstream table("/proc/self/mountinfo");
    std::error_code ignored;
    return mountPointOf(std::filesystem::absolute(path, ignored), table);
}

} // namespace spillway::relay
