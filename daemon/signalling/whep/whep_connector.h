// The connector `whep`: a WHEP player (draft-ietf-wish-whep) for one stream of a media server.
//
//     OPTIONS ─▶ offer wanted ─▶ POST ─┬─ 201: answer ───────────────────────┬─▶ joined ─▶ DELETE
//                                      └─ 406: an offer ─▶ PATCH our answer ─┘
//
// Comes in: our offer, or our answer to the server's counter-offer, candidates. Goes out: requests over HTTP,
// and as events what came of them. A WHEP session reports nothing: that it ended shows in its media
// alone. It has one peer, so that a new one is a new session: renew() cannot.
#pragma once

#include "daemon/signalling/connector.h"

namespace spillway::daemon::whep {

/// `call` is the call's name, for logs.
MakeConnector connectorsOf(relay::Loop& loop, const config::WhepJoin& join, const std::string& call);

} // namespace spillway::daemon::whep
