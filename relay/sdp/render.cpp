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

bool isHeld(const RemoteDescription& offer, const MediaLine& line) {
    return offer.bundled && line.tagged && !line.shown;
}

std::string bundleGroup(const RemoteDescription& offer, Named named) {
    std::string first;
    std::string others;
    for (const std::size_t index : offer.order) {
        const MediaLine& line = offer.lines[index];
        if (named == Named::only && line.tagged)
            first = " " + line.mid;
        else if (named == Named::orNot || line.bundled)
            others += " " + line.mid;
    }
    for (const MediaLine& line : offer.lines)
        if (named == Named::only && isHeld(offer, line)) first = " " + line.mid;
    return "BUNDLE" + first + others;
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
    // Without its a=rtpmap a dynamic payload type is unknown to Pion, which then drops the whole answer.
    const bool isRtp = line.protocol.find("RTP/") != std::string::npos;
    section.formats.push_back(isRtp ? "0" : line.firstFormat);
    if (!line.mid.empty()) section.add("mid", line.mid);
    section.add("inactive");
    return section;
}

Section heldSection(const MediaLine& line, const Transport& transport) {
    MediaLine bare = line;
    bare.extensions.clear();
    if (bare.payloads.size() > 1) bare.payloads.resize(1);
    for (Payload& payload : bare.payloads)
        payload.rtx.reset();
    Section section = mediaSection(bare);
    if (section.formats.empty()) section.formats.push_back(line.firstFormat);
    addTransport(section, transport);
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
