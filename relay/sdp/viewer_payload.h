// The payload types of one line of a viewer's offer (viewer_offer.h). Pure code, any thread.
#pragma once

#include "relay/sdp/description.h"
#include "relay/sdp/viewer_offer.h"

#include <vector>

namespace spillway::relay::sdp {

/// In the viewer's order, each with its RTX; those without an a=rtpmap that can be read are left out.
std::vector<ViewerPayload> readViewerPayloads(const Section& section);

} // namespace spillway::relay::sdp
