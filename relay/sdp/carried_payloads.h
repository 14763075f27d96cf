// What Spillway carries of the payloads that a publisher or an SFU sends. Pure code, any thread.
#pragma once

#include "config/settings.h"
#include "relay/sdp/media_line.h"

#include <string_view>
#include <vector>

namespace spillway::relay::sdp {

/// Of a line of kind `audio` or `video`: VP8, VP9 profile 0, H.264 in packetization mode 1 (mode 0 when
/// nothing else of H.264 is offered), H.265 and Opus, as far as `videoCodecs` has them; each with its RTX,
/// the parameters that are known and the feedback that webrtcbin gives.
std::vector<Payload> carriedPayloads(std::vector<Payload> offered, std::string_view kind,
                                     const std::vector<config::Codec>& videoCodecs);

} // namespace spillway::relay::sdp
