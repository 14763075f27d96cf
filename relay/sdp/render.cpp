#include "relay/sdp/render.h"

namespace spillway::relay::sdp {

std::string bundleGroup(const RemoteDescription& offer, Named named) {
    std::string group = "BUNDLE";
    for (const std::size_t index : offer.order)
        if (named == Named::orNot || offer.lines[index].named) group += " " + offer.lines[index].mid;
    return group;
}

Description bundleOf(const RemoteDescription& offer) {
    Description description;
    description.origin = offer.origin;
    description.add("group", bundleGroup(offer, Named::orNot));
    return description;
}

Section mediaSection(const MediaLine& line) {
    Section section;
    section.kind = line.kind;
    section.protocol = line.protocol;
    section.add("mid", line.mid);
    section.add("rtcp-mux");
    if (line.reducedSizeRtcp) section.add("rtcp-rsize");
    for (const Extension& extension : line.extensions)
        section.add("extmap", std::to_string(extension.id) +
                                  (extension.direction.empty() ? "" : "/" + extension.direction) + " " +
                                  extension.uri);
    for (const Payload& payload : line.payloads) {
        section.formats.push_back(std::to_string(payload.type));
        const std::string prefix = section.formats.back() + " ";
        section.add("rtpmap", prefix + payload.encoding);
        if (!payload.parameters.empty()) section.add("fmtp", prefix + payload.parameters);
        for (const std::string& feedback : payload.feedback)
            section.add("rtcp-fb", prefix + feedback);
    }
    return section;
}

Section refusedSection(const MediaLine& line) {
    Section section;
    section.kind = line.kind;
    section.port = 0;
    section.protocol = line.protocol;
    section.formats.push_back(line.firstFormat);
    if (!line.mid.empty()) section.add("mid", line.mid);
    section.add("inactive");
    return section;
}

void addCandidates(Section& section, const std::vector<std::string>& candidates) {
    for (const std::string& candidate : candidates)
        section.add("candidate", candidate.substr(std::string_view("candidate:").size()));
}

void addTransport(Section& section, const Transport& transport) {
    section.add("ice-ufrag", transport.ice.ufrag);
    section.add("ice-pwd", transport.ice.pwd);
    section.add("fingerprint", transport.fingerprint);
    section.add("setup", transport.setup);
}

} // namespace spillway::relay::sdp
