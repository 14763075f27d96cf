// The offer of a viewer, from anybody who may watch, and our answer to it.
#include "fuzz.h"

#include "relay/sdp/description.h"
#include "relay/sdp/viewer_answer.h"
#include "relay/sdp/viewer_payload.h"

using namespace spillway::relay;
using spillway::fuzz::require;

namespace {

/// Every line that receives is sent its last payload with all of its extensions.
sdp::ViewerAnswer toAllLines(const sdp::ViewerOffer& offer) {
    sdp::ViewerAnswer answer{{"ourU", "ourPasswordOfTwentyTwo"},
                             "sha-256 00:01",
                             {"candidate:1 1 UDP 2130706431 192.0.2.7 5000 typ host"},
                             {}};
    std::uint32_t ssrc = 1;
    for (std::size_t i = 0; i < offer.lines.size(); ++i) {
        const auto& line = offer.lines[i];
        if (!line.carried || line.payloads.empty()) continue;
        const auto& payload = line.payloads.back();
        answer.sent.push_back({i, payload, payload.parameters, ssrc, ssrc + 1, offer.ice.ufrag, line.mid,
                               line.kind, line.extensions});
        ssrc += 2;
    }
    return answer;
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto read = sdp::readViewerOffer({reinterpret_cast<const char*>(data), size});
    const auto* offer = std::get_if<sdp::ViewerOffer>(&read);
    if (!offer) return 0;
    require(offer->lineFor(MediaKind::video) || offer->lineFor(MediaKind::audio));
    for (const auto& line : offer->lines)
        for (const auto& payload : line.payloads)
            sdp::payloadFor(line, payload.encoding, payload.clockRate, payload.parameters);

    // Whatever the viewer named, it comes back as well-formed lines.
    const auto answer = sdp::parseDescription(sdp::viewerAnswer(*offer, toAllLines(*offer)), sdp::sfuLimits);
    const auto* description = std::get_if<sdp::Description>(&answer);
    require(description && description->sections.size() == offer->lines.size());
    return 0;
}
