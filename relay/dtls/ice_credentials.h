// Our side of a new ICE session. Any thread.
#pragma once

#include "relay/sdp/ice_credentials.h"

namespace spillway::relay::dtls {

/// Throws std::system_error when the kernel has no random numbers.
sdp::IceCredentials randomIceCredentials();

} // namespace spillway::relay::dtls
