// An IceLite at its sockets: what it writes leaves here. Thread of the session.
#pragma once

#include "relay/port/ice_lite.h"
#include "relay/port/sockets.h"

#include <functional>

namespace spillway::relay::port {

/// Hands over a STUN message and sends what it calls for; a TCP connection that brought a valid check may
/// stay. `onSelected` runs before anything is sent, if another path than before is selected: what the remote
/// sends next then finds its way.
void exchange(IceLite& ice, Sockets& sockets, Bytes datagram, const Path& path, Clock::time_point now,
              const std::function<void()>& onSelected);
/// Sends the checks that are due.
void sendDueChecks(IceLite& ice, Sockets& sockets, Clock::time_point now);

} // namespace spillway::relay::port
