// Our side of a new ICE session. Any thread.
#pragma once

#include "relay/sdp/ice_credentials.h"

namespace spillway::relay {

/// From the system's random source. Throws std::runtime_error when that has none.
sdp::IceCredentials randomIceCredentials();

} // namespace spillway::relay
