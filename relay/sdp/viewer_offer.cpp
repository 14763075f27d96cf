#include "relay/sdp/viewer_offer.h"

#include "relay/sdp/attributes.h"
#include "relay/sdp/text.h"
#include "relay/sdp/viewer_payload.h"

#include <algorithm>
#include <set>

namespace spillway::relay::sdp {

namespace {

/// `UDP/TLS/RTP/SAVPF`: tokens between slashes (RFC 8866 section 9).
bool isProtocol(std::string_view text) {
    if (text.empty() || text.ends_with('/')) return false;
    while (!text.empty()) {
        const auto [part, rest] = splitAt(text, '/');
        if (!isToken(part)) return false;
        text = rest;
    }
    return true;
}

/// `<id>[/<direction>] <uri>` that we may send.
std::optional<ViewerExtension> parseExtension(std::string_view value) {
    const auto fields = words(value);
    if (fields.size() < 2 || !isPrintable(fields[1])) return std::nullopt;
    const auto [digits, direction] = splitAt(fields[0], '/');
    const auto id = number<std::uint8_t>(digits);
    // One-byte headers have 14 ids (RFC 8285 section 4.2); larger ones would need `extmap-allow-mixed`.
    if (!id || *id < 1 || *id > 14) return std::nullopt;
    if (direction == "sendonly" || direction == "inactive") return std::nullopt;
    return ViewerExtension{*id, std::string(fields[1]), direction == "recvonly"};
}

std::vector<ViewerExtension> readExtensions(const Description& description, const Section& section) {
    std::vector<ViewerExtension> result;
    for (const Part* part : {static_cast<const Part*>(&section), static_cast<const Part*>(&description)}) {
        for (const std::string& value : part->attributes("extmap")) {
            auto extension = parseExtension(value);
            if (extension && std::none_of(result.begin(), result.end(), [&](const ViewerExtension& other) {
                    return other.id == extension->id || other.uri == extension->uri;
                }))
                result.push_back(std::move(*extension));
        }
    }
    return result;
}

/// Reads one description; each step returns an error or nothing.
class ViewerOfferReader {
  public:
    explicit ViewerOfferReader(const Description& description)
        : description_(description) {}

    std::variant<ViewerOffer, Error> read() {
        for (std::size_t i = 0; i < description_.sections.size(); ++i)
            if (auto error = readLine(i)) return *error;
        if (receiving_.empty()) return unsupported(nothingReceived());
        for (const auto& check :
             {&ViewerOfferReader::readBundle, &ViewerOfferReader::readIce, &ViewerOfferReader::readDtls})
            if (auto error = (this->*check)()) return *error;
        offer_.trickle = offersTrickle(description_, description_.sections[transport_]);
        return std::move(offer_);
    }

  private:
    std::string at(std::size_t index) const { return placeOf(description_, index); }

    std::string nothingReceived() const {
        if (description_.sections.empty()) return "there is no m-line";
        if (refusals_.empty()) return "there is no m-line of audio or video";
        return "nothing can be sent: " + refusals_;
    }

    void refuse(std::size_t index, const std::string& why) {
        refusals_ += (refusals_.empty() ? "" : "; ") + at(index) + " " + why;
    }

    std::optional<Error> readLine(std::size_t index) {
        const Section& section = description_.sections[index];
        ViewerLine line;
        line.kind = section.kind;
        line.protocol = section.protocol;
        line.firstFormat = section.formats.front();
        // The answer repeats them, also of lines that are refused.
        if (!isProtocol(line.protocol) || !isToken(line.firstFormat))
            return malformed(at(index) + " has a protocol or format that is no token");
        auto mid = readMid(description_, index, mids_);
        if (auto* error = std::get_if<Error>(&mid)) return *error;
        line.mid = std::get<std::string>(std::move(mid));
        if (mayReceive(index))
            if (auto error = readReceiving(index, line)) return error;
        offer_.lines.push_back(std::move(line));
        return std::nullopt;
    }

    /// Whether the line wants media at all; if not, it is refused and the rest goes on.
    bool mayReceive(std::size_t index) {
        const Section& section = description_.sections[index];
        if (section.kind != "audio" && section.kind != "video") return false;
        if (section.port == 0 && !section.has("bundle-only")) return refuse(index, "has port 0"), false;
        if (!hasDirection(description_, section, "recvonly")) return refuse(index, "does not receive"), false;
        return true;
    }

    std::optional<Error> readReceiving(std::size_t index, ViewerLine& line) {
        const Section& section = description_.sections[index];
        if (!isSavpf(section.protocol))
            return unsupported(at(index) + " has the protocol " + shown(section.protocol) +
                               ", not UDP/TLS/RTP/SAVPF");
        if (line.mid.empty()) return malformed(at(index) + " has no a=mid");
        // Who sends bundle-only has said it on the first line of the group (RFC 9143 section 7.1.3).
        if (!section.has("rtcp-mux") && !section.has("bundle-only"))
            return unsupported(at(index) + " has no a=rtcp-mux");
        line.payloads = readViewerPayloads(section);
        if (line.payloads.empty()) return refuse(index, "has no payload type with a=rtpmap"), std::nullopt;
        line.receives = true;
        line.media = section.kind == "audio" ? MediaKind::audio : MediaKind::video;
        line.extensions = readExtensions(description_, section);
        line.reducedSizeRtcp = section.has("rtcp-rsize");
        receiving_.push_back(index);
        return std::nullopt;
    }

    bool isInGroup(std::size_t index, const std::vector<std::string_view>& group) const {
        return std::find(group.begin() + 1, group.end(), offer_.lines[index].mid) != group.end();
    }

    std::optional<Error> readBundle() {
        transport_ = receiving_.front();
        for (const std::string& value : description_.attributes("group")) {
            const auto group = words(value);
            if (group.empty() || group.front() != "BUNDLE") continue;
            if (!std::all_of(receiving_.begin(), receiving_.end(),
                             [&](std::size_t index) { return isInGroup(index, group); }))
                continue;
            offer_.bundled = true;
            findTransport(group[1]);
            return std::nullopt;
        }
        if (receiving_.size() == 1) return std::nullopt;
        return unsupported("no a=group:BUNDLE has all m-lines that receive; one transport for all is needed");
    }

    /// ICE and DTLS are those of the first line that receives; a bundle-only one may leave them to the line
    /// that the group names first.
    void findTransport(std::string_view tagged) {
        const Section& own = description_.sections[transport_];
        if (!own.has("bundle-only") || inherited(description_, own, "ice-ufrag")) return;
        for (std::size_t i = 0; i < offer_.lines.size(); ++i)
            if (offer_.lines[i].mid == tagged) transport_ = i;
    }

    std::optional<Error> readIce() {
        auto ice = readIceCredentials(description_, transport_);
        if (auto* error = std::get_if<Error>(&ice)) return *error;
        offer_.ice = std::move(std::get<IceCredentials>(ice));
        return std::nullopt;
    }

    std::optional<Error> readDtls() {
        std::vector<std::size_t> lines{transport_};
        lines.insert(lines.end(), receiving_.begin(), receiving_.end());
        auto fingerprint = readFingerprint(description_, lines);
        if (auto* error = std::get_if<Error>(&fingerprint)) return *error;
        offer_.fingerprint = std::get<Fingerprint>(std::move(fingerprint));
        auto setup = readSetup(description_, transport_);
        if (auto* error = std::get_if<Error>(&setup)) return *error;
        if (std::get<std::string>(setup) == "passive")
            return unsupported("a=setup of " + at(transport_) +
                               " is passive, as ours is: both would wait for the other's DTLS");
        return std::nullopt;
    }

    const Description& description_;
    ViewerOffer offer_;
    std::vector<std::size_t> receiving_;
    std::size_t transport_ = 0; ///< the line whose ICE and DTLS are the bundle's
    std::set<std::string> mids_;
    std::string refusals_;
};

} // namespace

const ViewerLine* ViewerOffer::lineFor(MediaKind kind) const {
    for (const ViewerLine& line : lines)
        if (line.receives && line.media == kind) return &line;
    return nullptr;
}

std::variant<ViewerOffer, Error> readViewerOffer(std::string_view text) {
    auto description = parseDescription(text, publisherLimits);
    if (auto* error = std::get_if<Error>(&description)) return *error;
    return ViewerOfferReader(std::get<Description>(description)).read();
}

} // namespace spillway::relay::sdp
