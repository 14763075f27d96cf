// The path by which a publisher is reached now, for the threads that write to it. Any thread.
#pragma once

#include "relay/port/path.h"

#include <mutex>
#include <optional>

namespace spillway::relay::ingest {

class Route {
  public:
    void follow(const port::Path& path) {
        const std::lock_guard lock(mutex_);
        path_ = path;
    }
    /// Nothing leaves any more.
    void close() {
        const std::lock_guard lock(mutex_);
        path_.reset();
    }
    std::optional<port::Path> path() const {
        const std::lock_guard lock(mutex_);
        return path_;
    }

  private:
    mutable std::mutex mutex_; ///< protects path_
    std::optional<port::Path> path_;
};

} // namespace spillway::relay::ingest
