#include "daemon/signalling/whep/line_owners.h"

#include "relay/sdp/description.h"

#include <variant>

namespace spillway::daemon::whep {

namespace {

using relay::sdp::Description;
using relay::sdp::Section;

bool sends(const Section& section) {
    return section.port != 0 && !section.has("inactive") && !section.has("recvonly");
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

} // namespace spillway::daemon::whep
