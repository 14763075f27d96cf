// Which participant's name each feed has: first come, first served. Pure.
//
// It outlives a connector, so that two people of one display name do not swap names when the call is joined
// again.
#pragma once

#include "daemon/signalling/janus/stream.h"

#include <map>
#include <string>

namespace spillway::daemon::janus {

class Names {
  public:
    /// The name for this display name; the same as long as the feed keeps it and is not released.
    const std::string& give(const FeedId& feed, const std::string& display);
    void release(const FeedId& feed) { given_.erase(feed); }
    /// Releases all others.
    void keepOnly(const std::set<FeedId>& feeds);

  private:
    struct Given {
        std::string display;
        std::string name;
    };

    bool taken(const std::string& name) const;
    std::string freeName(const std::string& display) const;

    std::map<FeedId, Given> given_;
};

} // namespace spillway::daemon::janus
