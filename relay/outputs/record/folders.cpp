#include "relay/outputs/record/folders.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>

#include <memory>

namespace spillway::relay {

Descriptor openFolder(int base, const std::string& name) {
    return Descriptor(::openat(base, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

std::vector<std::string> entriesOf(int folder) {
    // A descriptor of its own: closedir() closes it, and reading moves its position.
    const int copy = ::openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const std::unique_ptr<DIR, int (*)(DIR*)> stream(copy < 0 ? nullptr : ::fdopendir(copy), ::closedir);
    std::vector<std::string> names;
    if (!stream) return names;
    while (const dirent* entry = ::readdir(stream.get())) {
        const std::string name = entry->d_name;
        if (name != "." && name != "..") names.push_back(name);
    }
    return names;
}

bool isBeingWritten(int folder, const std::string& name) {
    const Descriptor file(::openat(folder, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    return !file || ::flock(file.get(), LOCK_EX | LOCK_NB) != 0;
}

} // namespace spillway::relay
