// Which payload of a viewer's line a stream is sent with. Pure code, any thread.
#pragma once

#include "relay/sdp/media_line.h"

#include <cstdint>
#include <string_view>

namespace spillway::relay::sdp {

/// The payload of the line that fits a codec: the encoding, clock rate and, of H.264 and VP9, the profile of
/// `parameters` (fmtp of the publisher's stream; may be empty). Of H.264 the same profile comes first, then
/// one that includes it, then one that is not said. Null when the viewer cannot take it.
const Payload* payloadFor(const MediaLine& line, std::string_view encoding, std::uint32_t clockRate,
                          std::string_view parameters);

} // namespace spillway::relay::sdp
