// The answer to a RemoteDescription that is an offer: on each line all that we carry.
//
// webrtcbin 1.22 answers with the first codec only, without NACK, RTX and header extensions, and fills its
// payload map from the answer that is set: so it is not asked for one; this one is set as its local
// description and given to the publisher. Pure code, any thread.
#pragma once

#include "relay/sdp/remote_description.h"
#include "relay/sdp/render.h"

#include <string>
#include <vector>

namespace spillway::relay::sdp {

/// The answer as webrtcbin is to see it: the same lines as in RemoteDescription::textForWebrtcbin().
std::string answerForWebrtcbin(const RemoteDescription& offer, const Transport& transport);

/// The answer for the peer: every line of its offer, those that do not send now inactive as they are, refused
/// ones with port 0; `candidates` (`candidate:…`) are complete.
std::string answerForPeer(const RemoteDescription& offer, const Transport& transport,
                          const std::vector<std::string>& candidates);

} // namespace spillway::relay::sdp
