// A guest in a room of Janus' VideoRoom plugin, over WebSocket (written for 1.1.2 and later 1.x).
//
// Comes in: the verbs of Connector. Goes out: its events, each from a turn of the loop of its own. The room
// is watched by one handle (observer.h), media comes by another (subscriber.h); who is who is the roster's
// (roster.h).
#pragma once

#include "daemon/signalling/connector.h"

namespace spillway::daemon::janus {

/// `call` is the call's name, for logs. What outlives a connector (memory.h) goes with what this returns.
MakeConnector connectorsOf(relay::Loop& loop, const config::JanusJoin& join, const std::string& call);

} // namespace spillway::daemon::janus
