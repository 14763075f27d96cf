// What of the relay a caller sees. Pure.
#pragma once

#include "daemon/http/caller.h"
#include "relay/values/event.h"
#include "relay/values/track_name.h"

namespace spillway::daemon::http {

inline Scope scopeOf(const relay::TrackName& track) {
    return {track.call, track.participant, track.source};
}

/// Where this machine writes and sends to, which errors tell too, is for its admin.
inline constexpr const char* forAdmin = "only an admin may know";

/// A part of the node does not show what subscriptions do with it, nor what happens to more than itself.
bool isVisible(const Scope& scope, const relay::Event& event);

} // namespace spillway::daemon::http
