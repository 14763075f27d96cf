#include "relay/sdp/answer.h"

#include "relay/sdp/payload_reader.h"
#include "relay/sdp/text.h"

#include <utility>

namespace spillway::relay::sdp {

namespace {

Section answered(const MediaLine& line, const Transport& transport, const char* direction) {
    Section section = mediaSection(line);
    addTransport(section, transport);
    section.add(direction);
    return section;
}

/// What a sender reads there is whether we take two channels (RFC 7587 section 7.1).
MediaLine inStereo(MediaLine line) {
    for (Payload& payload : line.payloads)
        if (lowered(payload.encoding) == "opus" && !fmtpParameter(payload.parameters, "stereo"))
            payload.parameters += payload.parameters.empty() ? "stereo=1" : ";stereo=1";
    return line;
}

Section answerTo(const RemoteDescription& offer, const MediaLine& line, const Transport& transport) {
    if (isHeld(offer, line)) return heldSection(line, transport);
    // Outside the bundle it would need a transport of its own.
    if (!line.shown || (offer.bundled && !line.bundled)) return refusedSection(line);
    return answered(inStereo(line), transport, line.carried ? "recvonly" : "inactive");
}

} // namespace

std::string answerForWebrtcbin(const RemoteDescription& offer, const Transport& transport) {
    Description description = bundleOf(offer);
    for (const std::size_t index : offer.order)
        description.sections.push_back(answered(offer.lines[index], transport, "recvonly"));
    return description.text();
}

std::string answerForPeer(const RemoteDescription& offer, const Transport& transport,
                          const std::vector<std::string>& candidates) {
    Description description;
    description.origin = offer.origin;
    if (offer.bundled) description.add("group", bundleGroup(offer, Named::only));
    if (transport.iceLite) description.add("ice-lite");
    if (offer.trickle) description.add("ice-options", "trickle");
    description.add("msid-semantic", "WMS *");
    bool first = true;
    for (const MediaLine& line : offer.lines) {
        if (!line.named) continue;
        Section section = answerTo(offer, line, transport);
        if (section.port != 0 && std::exchange(first, false)) {
            addCandidates(section, candidates);
            section.add("end-of-candidates");
        }
        description.sections.push_back(std::move(section));
    }
    return description.text();
}

} // namespace spillway::relay::sdp
