#include "relay/sdp/render.h"

#include <utility>

namespace spillway::relay::sdp {

namespace {

std::string rtpmap(const std::string& encoding, const Payload& payload) {
    return encoding + "/" + std::to_string(payload.clockRate) +
           (payload.channels.empty() ? "" : "/" + payload.channels);
}

void addPayload(Section& section, const Payload& payload) {
    section.formats.push_back(std::to_string(payload.type));
    const std::string prefix = section.formats.back() + " ";
    section.add("rtpmap", prefix + rtpmap(payload.encoding, payload));
    if (!payload.parameters.empty()) section.add("fmtp", prefix + payload.parameters);
    for (const auto& [wanted, feedback] :
         {std::pair{payload.nack, "nack"}, std::pair{payload.pli, "nack pli"},
          std::pair{payload.fir, "ccm fir"}, std::pair{payload.remb, "goog-remb"},
          std::pair{payload.transportCc, "transport-cc"}})
        if (wanted) section.add("rtcp-fb", prefix + feedback);
}

void addRtx(Section& section, const Payload& repeated) {
    section.formats.push_back(std::to_string(*repeated.rtx));
    const std::string prefix = section.formats.back() + " ";
    section.add("rtpmap", prefix + rtpmap("rtx", repeated));
    section.add("fmtp", prefix + "apt=" + std::to_string(repeated.type));
}

} // namespace

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
        addPayload(section, payload);
        if (payload.rtx) addRtx(section, payload);
    }
    return section;
}

void addSsrcs(Section& section, const MediaLine& line) {
    for (const std::uint32_t ssrc : line.ssrcs)
        section.add("ssrc", std::to_string(ssrc) + ". cname:-");
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
