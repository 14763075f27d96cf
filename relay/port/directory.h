// Who serves which session. The kernel gives a datagram to the socket that its addresses hash to; a thread
// that does not serve the session asks here who does. Any thread.
#pragma once

#include "relay/base/bytes.h"
#include "relay/port/path.h"

#include <map>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>

namespace spillway::relay::port {

/// A thread with sessions of its own on the port.
class SessionOwner {
  public:
    virtual ~SessionOwner() = default;
    /// Any thread: a datagram of a session that is this owner's. Dropped when too many are on their way.
    virtual void pass(Bytes datagram, const Path& path) = 0;
};

/// Owners outlive every thread that may find them here.
class Directory {
  public:
    void add(const std::string& ufrag, SessionOwner& owner) {
        const std::unique_lock lock(mutex_);
        ufrags_.insert_or_assign(ufrag, &owner);
    }
    void add(const Path& path, SessionOwner& owner) {
        const std::unique_lock lock(mutex_);
        paths_.insert_or_assign(path, &owner);
    }
    void remove(const std::string& ufrag) {
        const std::unique_lock lock(mutex_);
        ufrags_.erase(ufrag);
    }
    /// Unless it is another owner's meanwhile.
    void remove(const Path& path, const SessionOwner& owner) {
        const std::unique_lock lock(mutex_);
        const auto found = paths_.find(path);
        if (found != paths_.end() && found->second == &owner) paths_.erase(found);
    }
    /// Null when there is none.
    SessionOwner* find(std::string_view ufrag) const {
        const std::shared_lock lock(mutex_);
        const auto found = ufrags_.find(ufrag);
        return found == ufrags_.end() ? nullptr : found->second;
    }
    SessionOwner* find(const Path& path) const {
        const std::shared_lock lock(mutex_);
        const auto found = paths_.find(path);
        return found == paths_.end() ? nullptr : found->second;
    }

  private:
    mutable std::shared_mutex mutex_; ///< protects both
    std::map<std::string, SessionOwner*, std::less<>> ufrags_;
    std::unordered_map<Path, SessionOwner*, PathHash> paths_;
};

} // namespace spillway::relay::port
