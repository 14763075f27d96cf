// How publishers are to reach this node, and why. Pure code, any thread.
#pragma once

#include "config/settings.h"
#include "relay/net/socket_address.h"
#include "relay/values/publisher_ice.h"

#include <vector>

namespace spillway::relay::ingest {

/// As `webrtc.publishers` says or, where it leaves it open, as the rest of the settings suggests. `reachable`
/// are the addresses of the port's candidates.
PublisherIceChoice chooseIce(const config::WebrtcSettings& settings,
                             const std::vector<SocketAddress>& reachable);

} // namespace spillway::relay::ingest
