#include "relay/sdp/attributes.h"

#include "relay/sdp/text.h"

#include <algorithm>

namespace spillway::relay::sdp {

namespace {

bool isIceTextOf(std::string_view text, std::size_t least) {
    return text.size() >= least && text.size() <= 256 && isIceText(text);
}

/// The mids of an `a=group:BUNDLE`; empty for another group.
std::vector<std::string_view> bundleMembers(const std::string& group) {
    auto members = words(group);
    if (members.empty() || members.front() != "BUNDLE") return {};
    members.erase(members.begin());
    return members;
}

/// The line that the group of line `index` names first; itself without a group.
std::size_t taggedLine(const Description& description, std::size_t index) {
    const auto& sections = description.sections;
    const std::string mid = sections[index].attribute("mid").value_or("");
    for (const std::string& value : description.attributes("group")) {
        const auto members = bundleMembers(value);
        if (std::find(members.begin(), members.end(), mid) == members.end()) continue;
        for (std::size_t i = 0; i < sections.size(); ++i)
            if (sections[i].attribute("mid") == members.front()) return i;
    }
    return index;
}

/// The part that says it of the transport of line `index`.
const Part& partWith(const Description& description, std::size_t index, std::string_view key) {
    for (const std::size_t line : {index, taggedLine(description, index)})
        if (description.sections[line].has(key)) return description.sections[line];
    return description;
}

} // namespace

bool isSavpf(std::string_view protocol) {
    return protocol == "UDP/TLS/RTP/SAVPF" || protocol == "TCP/TLS/RTP/SAVPF" || protocol == "RTP/SAVPF";
}

bool isTagged(const Description& description, std::string_view mid) {
    const auto groups = description.attributes("group");
    return std::any_of(groups.begin(), groups.end(), [&](const std::string& group) {
        const auto members = bundleMembers(group);
        return !members.empty() && members.front() == mid;
    });
}

std::optional<std::string> inherited(const Description& description, std::size_t index,
                                     std::string_view key) {
    return partWith(description, index, key).attribute(key);
}

std::vector<std::string> allInherited(const Description& description, std::size_t index,
                                      std::string_view key) {
    return partWith(description, index, key).attributes(key);
}

bool hasDirection(const Description& description, const Section& section, std::string_view oneWay) {
    for (const Part* part : {static_cast<const Part*>(&section), static_cast<const Part*>(&description)}) {
        if (part->has("sendrecv") || part->has(oneWay)) return true;
        if (part->has("sendonly") || part->has("recvonly") || part->has("inactive")) return false;
    }
    return true;
}

std::string placeOf(const Description& description, std::size_t index) {
    return "m-line " + std::to_string(index) + " (" + description.sections[index].kind + ")";
}

std::variant<std::string, Error> readMid(const Description& description, std::size_t index,
                                         std::set<std::string>& taken) {
    std::string mid = description.sections[index].attribute("mid").value_or("");
    if (mid.empty()) return mid;
    if (!isMid(mid)) return malformed("a=mid of " + placeOf(description, index) + " is not a token");
    if (!taken.insert(mid).second) return malformed("a=mid:" + mid + " appears in more than one m-line");
    return mid;
}

namespace {

std::variant<IceCredentials, Error> readIceCredentials(const Description& description, std::size_t index) {
    const std::string place = placeOf(description, index);
    IceCredentials ice{inherited(description, index, "ice-ufrag").value_or(""),
                       inherited(description, index, "ice-pwd").value_or("")};
    if (ice.ufrag.empty()) return malformed(place + " has no a=ice-ufrag");
    if (ice.pwd.empty()) return malformed(place + " has no a=ice-pwd");
    if (!isIceTextOf(ice.ufrag, 4))
        return malformed("a=ice-ufrag of " + place + " is not 4 to 256 ICE characters");
    if (!isIceTextOf(ice.pwd, 22))
        return malformed("a=ice-pwd of " + place + " is not 22 to 256 ICE characters");
    return ice;
}

/// The strongest that each of these lines has, its own or the session's: the same on all that have one.
std::variant<Fingerprint, Error> readFingerprint(const Description& description,
                                                 const std::vector<std::size_t>& indexes) {
    std::optional<Fingerprint> common;
    for (const std::size_t index : indexes) {
        const auto values = allInherited(description, index, "fingerprint");
        if (values.empty()) continue;
        auto fingerprint = strongest(values);
        if (!fingerprint)
            return unsupported("a=fingerprint of " + placeOf(description, index) +
                               " is not sha-256, sha-384 or sha-512 of its length");
        if (common && *common != *fingerprint) return unsupported("the m-lines have different fingerprints");
        common = std::move(fingerprint);
    }
    if (!common) return malformed(placeOf(description, indexes.front()) + " has no a=fingerprint");
    return std::move(*common);
}

std::variant<std::string, Error> readSetup(const Description& description, std::size_t index) {
    std::string setup = inherited(description, index, "setup").value_or("");
    if (setup.empty()) return malformed(placeOf(description, index) + " has no a=setup");
    if (setup != "actpass" && setup != "active" && setup != "passive")
        return malformed("a=setup of " + placeOf(description, index) + " is " + shown(setup));
    return setup;
}

} // namespace

namespace {

using Group = std::vector<std::string>;

bool has(const Group& group, const std::string& mid) {
    return std::find(group.begin(), group.end(), mid) != group.end();
}

std::vector<Group> bundles(const Description& description) {
    std::vector<Group> groups;
    for (const std::string& value : description.attributes("group"))
        if (const auto members = bundleMembers(value); !members.empty())
            groups.emplace_back(members.begin(), members.end());
    return groups;
}

/// What another group says of a line is nothing to us.
void join(std::vector<MediaLine>& lines, const Group& group) {
    for (MediaLine& line : lines) {
        line.bundled = has(group, line.mid);
        line.tagged = line.tagged && line.bundled;
    }
}

} // namespace

std::variant<bool, Error> readBundle(const Description& description, std::vector<MediaLine>& lines) {
    const auto groups = bundles(description);
    for (const MediaLine& line : lines)
        if (std::count_if(groups.begin(), groups.end(),
                          [&](const Group& group) { return has(group, line.mid); }) > 1)
            return malformed("a=mid:" + line.mid + " is in more than one a=group:BUNDLE");
    std::vector<std::string> mids;
    for (const MediaLine& line : lines)
        if (line.carried) mids.push_back(line.mid);
    std::string missing = mids.empty() ? "" : mids.front();
    for (const Group& group : groups) {
        const auto outside =
            std::find_if(mids.begin(), mids.end(), [&](const std::string& mid) { return !has(group, mid); });
        if (outside == mids.end()) {
            join(lines, group);
            return true;
        }
        missing = *outside;
    }
    join(lines, {});
    if (mids.size() < 2) return false;
    return unsupported("a=mid:" + missing +
                       " is not in one a=group:BUNDLE with the others; one transport for all is needed");
}

std::size_t transportLine(const Description& description, const std::vector<MediaLine>& lines,
                          std::size_t first) {
    const std::size_t tagged = taggedLine(description, first);
    return lines[tagged].tagged ? tagged : first;
}

std::variant<RemoteTransport, Error> readTransport(const Description& description, std::size_t index,
                                                   const std::vector<std::size_t>& others) {
    auto ice = readIceCredentials(description, index);
    if (auto* error = std::get_if<Error>(&ice)) return *error;
    std::vector<std::size_t> indexes{index};
    indexes.insert(indexes.end(), others.begin(), others.end());
    auto fingerprint = readFingerprint(description, indexes);
    if (auto* error = std::get_if<Error>(&fingerprint)) return *error;
    auto setup = readSetup(description, index);
    if (auto* error = std::get_if<Error>(&setup)) return *error;
    return RemoteTransport{std::get<IceCredentials>(std::move(ice)),
                           std::get<Fingerprint>(std::move(fingerprint)),
                           std::get<std::string>(std::move(setup))};
}

bool offersTrickle(const Description& description, std::size_t index) {
    auto options = inherited(description, index, "ice-options").value_or("");
    std::replace(options.begin(), options.end(), ',', ' '); // as libdatachannel separates them
    const auto names = words(options);
    return std::find(names.begin(), names.end(), "trickle") != names.end();
}

} // namespace spillway::relay::sdp
