// Which worker serves which session. The kernel gives a datagram to the worker that its addresses hash to; a
// worker that does not serve the session asks here who does. Any thread.
#pragma once

#include "relay/port/path.h"

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>

namespace spillway::relay::port {

class Directory {
  public:
    void add(const std::string& ufrag, unsigned worker) {
        const std::unique_lock lock(mutex_);
        ufrags_.insert_or_assign(ufrag, worker);
    }
    void add(const Path& path, unsigned worker) {
        const std::unique_lock lock(mutex_);
        paths_.insert_or_assign(path, worker);
    }
    void remove(const std::string& ufrag) {
        const std::unique_lock lock(mutex_);
        ufrags_.erase(ufrag);
    }
    /// Unless it is another worker's meanwhile.
    void remove(const Path& path, unsigned worker) {
        const std::unique_lock lock(mutex_);
        const auto found = paths_.find(path);
        if (found != paths_.end() && found->second == worker) paths_.erase(found);
    }
    std::optional<unsigned> find(std::string_view ufrag) const {
        const std::shared_lock lock(mutex_);
        const auto found = ufrags_.find(ufrag);
        return found == ufrags_.end() ? std::nullopt : std::optional(found->second);
    }
    std::optional<unsigned> find(const Path& path) const {
        const std::shared_lock lock(mutex_);
        const auto found = paths_.find(path);
        return found == paths_.end() ? std::nullopt : std::optional(found->second);
    }

  private:
    mutable std::shared_mutex mutex_; ///< protects both
    std::map<std::string, unsigned, std::less<>> ufrags_;
    std::unordered_map<Path, unsigned, PathHash> paths_;
};

} // namespace spillway::relay::port
