// Our answer to a viewer's offer, once it is clear which track goes on which line. Pure code, any thread.
#pragma once

#include "relay/sdp/viewer_offer.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace spillway::relay::sdp {

/// What we send on one line.
struct SentLine {
    std::size_t line = 0; ///< index in ViewerOffer::lines
    Payload payload;
    std::string parameters; ///< a=fmtp of the answer; empty is none
    std::uint32_t ssrc = 0;
    std::uint32_t rtxSsrc = 0; ///< when payload.rtx is set
    std::string cname;
    std::string stream;                ///< of a=msid: the participant
    std::string track;                 ///< of a=msid: the source
    std::vector<Extension> extensions; ///< those of the offer that we send
};

struct ViewerAnswer {
    IceCredentials ice;
    std::string fingerprint;             ///< value of a=fingerprint
    std::vector<std::string> candidates; ///< `candidate:…`, all there are
    std::vector<SentLine> sent;
};

/// ICE-lite, `a=setup:passive`, sendonly; lines that are not in `sent` are inactive where the bundle has
/// them, else refused (port 0). In cname, stream and track what is no token character becomes `_`, and 64
/// bytes are written.
std::string viewerAnswer(const ViewerOffer& offer, const ViewerAnswer& answer);

} // namespace spillway::relay::sdp
