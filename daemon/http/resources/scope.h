// What of the relay a caller sees. Pure.
#pragma once

#include "daemon/http/caller.h"
#include "relay/values/event.h"
#include "relay/values/track_name.h"

namespace spillway::daemon::http {

inline Scope scopeOf(const relay::TrackName& track) {
    return {track.call, track.participant, track.source};
}

/// A part of the node does not show what subscriptions do with it, nor what happens to more than itself.
bool isVisible(const Scope& scope, const relay::Event& event);

} // namespace spillway::daemon::http
