#include "relay/sdp/media_line.h"

#include <algorithm>

namespace spillway::relay::sdp {

bool MediaLine::wantsNack() const {
    return std::any_of(payloads.begin(), payloads.end(), [](const Payload& payload) { return payload.nack; });
}

bool MediaLine::names(std::uint32_t ssrc) const {
    return std::find(ssrcs.begin(), ssrcs.end(), ssrc) != ssrcs.end();
}

bool MediaLine::takes(unsigned payloadType) const {
    return std::any_of(payloads.begin(), payloads.end(), [&](const Payload& payload) {
        return payload.type == payloadType || payload.rtx == payloadType;
    });
}

} // namespace spillway::relay::sdp
