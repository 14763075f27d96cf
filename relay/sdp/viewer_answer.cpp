#include "relay/sdp/viewer_answer.h"

#include "relay/sdp/render.h"
#include "relay/sdp/text.h"

#include <algorithm>
#include <utility>

namespace spillway::relay::sdp {

namespace {

/// Names of participants and sources come from outside and may be of any letters; RFC 8830 section 2 has
/// 1 to 64 token characters.
std::string asToken(std::string_view name) {
    constexpr std::size_t longest = 64;
    std::string token(name.substr(0, longest));
    for (char& c : token)
        if (!isToken({&c, 1})) c = '_';
    return token.empty() ? "-" : token;
}

void addStream(Section& section, const SentLine& sent) {
    section.add("sendonly");
    section.add("msid", asToken(sent.stream) + " " + asToken(sent.track));
    const std::string ssrc = std::to_string(sent.ssrc);
    const std::string cname = " cname:" + asToken(sent.cname);
    if (!sent.payload.rtx) return section.add("ssrc", ssrc + cname);
    const std::string rtxSsrc = std::to_string(sent.rtxSsrc);
    section.add("ssrc-group", "FID " + ssrc + " " + rtxSsrc);
    section.add("ssrc", ssrc + cname);
    section.add("ssrc", rtxSsrc + cname);
}

Section sentSection(const MediaLine& line, const SentLine& sent, const Transport& transport) {
    MediaLine answered = line;
    answered.payloads = {sent.payload};
    answered.payloads.front().parameters = isPrintable(sent.parameters) ? sent.parameters : "";
    answered.extensions = sent.extensions;
    for (Extension& extension : answered.extensions)
        extension.direction = extension.direction == "recvonly" ? "sendonly" : "";
    Section section = mediaSection(answered);
    addTransport(section, transport);
    addStream(section, sent);
    return section;
}

const SentLine* sentOn(std::size_t index, const std::vector<SentLine>& sent) {
    const auto found =
        std::find_if(sent.begin(), sent.end(), [&](const SentLine& line) { return line.line == index; });
    return found == sent.end() ? nullptr : &*found;
}

/// `BUNDLE` and the mids of the lines that are not refused, that of the transport first.
std::string bundleGroup(const ViewerOffer& offer) {
    std::string first;
    std::string others;
    for (const MediaLine& line : offer.lines)
        if (line.tagged)
            first = " " + line.mid;
        else if (line.carried)
            others += " " + line.mid;
    return "BUNDLE" + first + others;
}

Description sessionPart(const ViewerOffer& offer) {
    Description description;
    description.origin = "- 0 2 IN IP4 0.0.0.0";
    // An answer may not group what the offer does not (RFC 9143 section 7.3).
    if (offer.bundled) description.add("group", bundleGroup(offer));
    description.add("ice-lite");
    if (offer.trickle) description.add("ice-options", "trickle");
    description.add("msid-semantic", "WMS *");
    return description;
}

Section answerTo(const ViewerOffer& offer, std::size_t index, const SentLine* sent,
                 const Transport& transport) {
    const MediaLine& line = offer.lines[index];
    if (sent) return sentSection(line, *sent, transport);
    const bool inBundle = offer.bundled && (line.tagged || line.carried);
    return inBundle ? heldSection(line, transport) : refusedSection(line);
}

} // namespace

std::string viewerAnswer(const ViewerOffer& offer, const ViewerAnswer& answer) {
    Description description = sessionPart(offer);
    // As DTLS server we choose the cipher: viewers offer AES-GCM, but do not put it first.
    const Transport transport{answer.ice, answer.fingerprint, "passive"};
    bool first = true;
    for (std::size_t i = 0; i < offer.lines.size(); ++i) {
        Section section = answerTo(offer, i, sentOn(i, answer.sent), transport);
        if (section.port != 0 && std::exchange(first, false)) {
            addCandidates(section, answer.candidates);
            section.add("end-of-candidates");
        }
        description.sections.push_back(std::move(section));
    }
    return description.text();
}

} // namespace spillway::relay::sdp
