// All addresses of a name, by GLib's resolver: a thread of its own asks, the loop is told. Loop thread.
#pragma once

#include "relay/net/socket_address.h"

#include <functional>
#include <string>
#include <vector>

namespace spillway::relay {

struct NameFound {
    std::vector<SocketAddress> addresses; ///< with port 0
    std::string problem;                  ///< why there are none; empty otherwise
};

/// Called once, on the loop; not at all when the loop ends before.
using OnNameFound = std::function<void(const NameFound&)>;
using LookUpName = std::function<void(const std::string& name, OnNameFound)>;

/// Returns at once. It cannot be cancelled, since the system's resolver cannot, which has a deadline of its
/// own.
void lookUpName(const std::string& name, OnNameFound onFound);

} // namespace spillway::relay
