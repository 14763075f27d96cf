// Which payload types of an m-section we carry, and what of their parameters is passed on. Comes in: a
// section of an offer. Goes out: payloads in the offerer's order of preference. Pure code, any thread.
#pragma once

#include "config/settings.h"
#include "relay/sdp/description.h"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace spillway::relay::sdp {

struct Payload {
    unsigned type = 0;
    std::string encoding;              ///< value of its rtpmap: `VP8/90000`, `rtx/90000`, `opus/48000/2`
    std::string parameters;            ///< value of its fmtp, known parameters only; may be empty
    std::vector<std::string> feedback; ///< `nack`, `nack pli`, `ccm fir`, `transport-cc`
};

/// For a section of kind `audio` or `video`: VP8, VP9 profile 0, H.264 in packetization mode 1 (mode 0 when
/// nothing else of H.264 is offered), H.265 and Opus, as far as `videoCodecs` has them, each with its RTX.
std::vector<Payload> carriedPayloads(const Section& section, const std::vector<config::Codec>& videoCodecs);

/// `<payload type> <rest>` of rtpmap and fmtp; nothing when it is no payload type.
std::optional<std::pair<unsigned, std::string_view>> splitPayload(std::string_view value);

/// Of the value of an fmtp; `name` in lower case.
std::optional<std::string> fmtpParameter(std::string_view fmtp, std::string_view name);

/// The names of all encodings of a section, for messages: `AV1, PCMU`.
std::string encodingNames(const Section& section);

} // namespace spillway::relay::sdp
