#include "relay/sdp/answer.h"

namespace spillway::relay::sdp {

namespace {

Section answered(const OfferedLine& line, const Transport& transport) {
    Section section = mediaSection(line);
    addTransport(section, transport);
    section.add("recvonly");
    return section;
}

Section refused(const OfferedLine& line) {
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
    section.add("end-of-candidates");
}

} // namespace

std::variant<Transport, Error> readTransport(std::string_view answer) {
    auto parsed = parseDescription(answer);
    if (auto* error = std::get_if<Error>(&parsed)) return *error;
    const auto& description = std::get<Description>(parsed);
    if (description.sections.empty()) return malformed("the answer of webrtcbin has no m-line");
    const Section& section = description.sections.front();
    const auto value = [&](std::string_view key) {
        return section.attribute(key).value_or(description.attribute(key).value_or(""));
    };
    Transport transport{value("ice-ufrag"), value("ice-pwd"), value("fingerprint"), value("setup")};
    // A line that webrtcbin refuses is a copy of the offer's.
    if (section.port == 0 || !section.has("recvonly") || transport.ufrag.empty() ||
        transport.fingerprint.empty())
        return malformed("webrtcbin refused the line " + section.kind);
    return transport;
}

std::string answerForWebrtcbin(const Offer& offer, const Transport& transport) {
    Description description = bundleOf(offer);
    for (const OfferedLine& line : offer.lines)
        if (line.carried) description.sections.push_back(answered(line, transport));
    return description.text();
}

std::string answerForPublisher(const Offer& offer, const Transport& transport,
                               const std::vector<std::string>& candidates) {
    Description description;
    if (offer.bundled)
        description = bundleOf(offer);
    else
        description.origin = offer.origin;
    if (offer.trickle) description.add("ice-options", "trickle");
    description.add("msid-semantic", "WMS *");
    bool first = true;
    for (const OfferedLine& line : offer.lines) {
        Section section = line.carried ? answered(line, transport) : refused(line);
        if (line.carried && std::exchange(first, false)) addCandidates(section, candidates);
        description.sections.push_back(std::move(section));
    }
    return description.text();
}

} // namespace spillway::relay::sdp
