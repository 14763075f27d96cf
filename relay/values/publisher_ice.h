// How publishers reach this node. A value; any thread.
#pragma once

#include <string>

namespace spillway::relay {

struct PublisherIceChoice {
    bool lite = false; ///< by the node's port; else each by ports of its own (full ICE)
    std::string why;   ///< a clause: `webrtc.announce is set`

    const char* word() const { return lite ? "lite" : "full"; }
};

} // namespace spillway::relay
