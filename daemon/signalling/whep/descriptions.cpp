#include "daemon/signalling/whep/descriptions.h"

#include "relay/sdp/description.h"

#include <variant>

namespace spillway::daemon::whep {

namespace {

using relay::sdp::Description;
using relay::sdp::Section;

bool sends(const Section& section) {
    return section.port != 0 && !section.has("inactive") && !section.has("recvonly");
}

/// Of the session, or of its first line that has it.
std::string credential(const Description& description, const char* name) {
    if (const auto value = description.attribute(name)) return *value;
    for (const Section& section : description.sections)
        if (const auto value = section.attribute(name)) return *value;
    return {};
}

} // namespace

relay::LineOwners ownersOfOurOffer(const std::string& participant) {
    return {{"0", {participant, "video"}}, {"1", {participant, "audio"}}};
}

relay::LineOwners ownersOf(const std::string& sdp, const std::string& participant) {
    const auto parsed = relay::sdp::parseDescription(sdp, relay::sdp::sfuLimits);
    const auto* description = std::get_if<Description>(&parsed);
    if (description == nullptr) return {};
    relay::LineOwners owners;
    std::map<std::string, unsigned> count;
    for (const Section& section : description->sections) {
        const auto mid = section.attribute("mid");
        if (!mid || !sends(section) || (section.kind != "video" && section.kind != "audio")) continue;
        const unsigned number = ++count[section.kind];
        owners[*mid] = {participant, section.kind + (number == 1 ? "" : "-" + std::to_string(number))};
    }
    return owners;
}

void Trickle::add(const std::string& mid, const std::string& candidate) {
    if (candidates_.size() < maxCandidates) candidates_.emplace_back(mid, candidate);
}

std::string Trickle::take() {
    const auto candidates = std::exchange(candidates_, {});
    const auto parsed = relay::sdp::parseDescription(description_, relay::sdp::sfuLimits);
    const auto* description = std::get_if<Description>(&parsed);
    if (description == nullptr) return {};
    std::string body = "a=ice-ufrag:" + credential(*description, "ice-ufrag") +
                       "\r\na=ice-pwd:" + credential(*description, "ice-pwd") + "\r\n";
    for (const Section& section : description->sections) {
        const std::string mid = section.attribute("mid").value_or("");
        std::string lines;
        for (const auto& [line, candidate] : candidates)
            if (line == mid) lines += "a=" + candidate + "\r\n";
        if (lines.empty()) continue;
        body.append("m=").append(section.kind).append(" 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:");
        body.append(mid).append("\r\n").append(lines);
    }
    return body;
}

} // namespace spillway::daemon::whep
