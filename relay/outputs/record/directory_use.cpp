#include "relay/outputs/record/directory_use.h"

#include <mutex>
#include <set>
#include <utility>

namespace spillway::relay {

namespace {

using Key = std::pair<dev_t, ino_t>;

std::mutex mutex; ///< protects inUse
std::multiset<Key>& inUse() {
    static std::multiset<Key> keys;
    return keys;
}

Key keyOf(const Place::Found& directory) {
    return {directory.device, directory.node};
}

} // namespace

DirectoryUse::DirectoryUse(Place::Found directory)
    : directory_(directory) {
    const std::lock_guard lock(mutex);
    inUse().insert(keyOf(directory_));
}

DirectoryUse::~DirectoryUse() {
    const std::lock_guard lock(mutex);
    inUse().erase(inUse().find(keyOf(directory_)));
}

bool DirectoryUse::isShared() const {
    const std::lock_guard lock(mutex);
    return inUse().count(keyOf(directory_)) > 1;
}

} // namespace spillway::relay
