#include "relay/sdp/answer.h"

#include <utility>

namespace spillway::relay::sdp {

namespace {

Section answered(const MediaLine& line, const Transport& transport, const char* direction) {
    Section section = mediaSection(line);
    addTransport(section, transport);
    section.add(direction);
    return section;
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
        Section section = line.shown ? answered(line, transport, line.carried ? "recvonly" : "inactive")
                                     : refusedSection(line);
        if (line.shown && std::exchange(first, false)) {
            addCandidates(section, candidates);
            section.add("end-of-candidates");
        }
        description.sections.push_back(std::move(section));
    }
    return description.text();
}

} // namespace spillway::relay::sdp
