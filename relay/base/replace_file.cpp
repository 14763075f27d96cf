#include "relay/base/replace_file.h"

#include "relay/base/descriptor.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <string>

namespace spillway::relay {

namespace {

bool writeAll(int file, std::string_view text) {
    while (!text.empty()) {
        const auto written = ::write(file, text.data(), text.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return false;
        text.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
}

} // namespace

bool replaceFile(const std::filesystem::path& path, std::string_view text, mode_t mode) {
    const std::string temporary = path.string() + ".new";
    Descriptor file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, mode));
    if (!file) return false;
    return writeAll(file.get(), text) && file.close() && std::rename(temporary.c_str(), path.c_str()) == 0;
}

} // namespace spillway::relay
