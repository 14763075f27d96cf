// The offer of a viewer (WHEP, draft-ietf-wish-whep): we send, and are ICE-lite.
//
// Comes in: an SDP offer from anybody. Goes out: what of it a viewer can be sent. Pure code, any thread.
#pragma once

#include "relay/sdp/error.h"
#include "relay/sdp/fingerprint.h"
#include "relay/sdp/ice_credentials.h"
#include "relay/sdp/media_line.h"

#include <string_view>
#include <variant>
#include <vector>

namespace spillway::relay::sdp {

struct ViewerOffer {
    std::vector<MediaLine> lines; ///< carried: the viewer receives on them
    IceCredentials ice;
    Fingerprint fingerprint;
    bool bundled = false; ///< all lines that receive are in one group
    bool trickle = false;

    /// The first line of a kind that receives; null when there is none.
    const MediaLine* lineFor(MediaKind kind) const;
};

/// Limits as for a publisher's offer. It must be bundled with rtcp-mux, be no `a=setup:passive`, and have at
/// least one line that receives.
std::variant<ViewerOffer, Error> readViewerOffer(std::string_view text);

} // namespace spillway::relay::sdp
