// Which participant's name each feed has: that of its display name, and of several with the same one first
// come, first served. Pure.
//
// It outlives a connector, so that two people of one display name do not swap names when the call is joined
// again.
#pragma once

#include "daemon/signalling/janus/stream.h"

#include <map>
#include <set>
#include <string>

namespace spillway::daemon::janus {

class Names {
  public:
    /// The name for this display name; the same as long as the feed keeps it and is not released.
    const std::string& give(const FeedId& feed, const std::string& display);
    void release(const FeedId& feed);
    /// Releases all others.
    void keepOnly(const std::set<FeedId>& feeds);

  private:
    struct Given {
        std::string base; ///< of the display name
        std::string name;
    };

    std::string freeName(const std::string& base) const;

    std::map<FeedId, Given> given_;
    std::set<std::string> taken_; ///< the names in it
};

} // namespace spillway::daemon::janus
