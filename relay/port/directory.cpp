#include "relay/port/directory.h"

#include "relay/base/random.h"

#include <cassert>
#include <utility>

namespace spillway::relay::port {

SessionTag Directory::add(const std::string& ufrag, SessionOwner& owner) {
    const std::unique_lock lock(mutex_);
    SessionTag tag{};
    do {
        tag = SessionTag{randomNumber<std::uint32_t>()};
    } while (!tags_.emplace(tag, &owner).second);
    [[maybe_unused]] const bool isNew = ufrags_.emplace(ufrag, Session{&owner, tag}).second;
    assert(isNew);
    return tag;
}

void Directory::remove(const std::string& ufrag, const SessionOwner& owner) {
    const std::unique_lock lock(mutex_);
    const auto found = ufrags_.find(ufrag);
    if (found == ufrags_.end() || found->second.owner != &owner) return;
    tags_.erase(found->second.tag);
    ufrags_.erase(found);
}

SessionOwner* Directory::find(const Addressee& addressee) const {
    const std::shared_lock lock(mutex_);
    if (const auto* tag = std::get_if<SessionTag>(&addressee)) {
        const auto found = tags_.find(*tag);
        return found == tags_.end() ? nullptr : found->second;
    }
    const auto found = ufrags_.find(std::get<std::string_view>(addressee));
    return found == ufrags_.end() ? nullptr : found->second.owner;
}

void Directory::take(const Path& path, SessionOwner& owner) {
    SessionOwner* before = nullptr;
    {
        const std::unique_lock lock(mutex_);
        before = std::exchange(paths_[path], &owner);
    }
    if (before && before != &owner) before->losePath(path);
}

void Directory::remove(const Path& path, const SessionOwner& owner) {
    const std::unique_lock lock(mutex_);
    const auto found = paths_.find(path);
    if (found != paths_.end() && found->second == &owner) paths_.erase(found);
}

SessionOwner* Directory::find(const Path& path) const {
    const std::shared_lock lock(mutex_);
    const auto found = paths_.find(path);
    return found == paths_.end() ? nullptr : found->second;
}

} // namespace spillway::relay::port
