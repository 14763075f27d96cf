#include "relay/sdp/remote_description.h"

#include "relay/rtp/extensions.h"
#include "relay/sdp/attributes.h"
#include "relay/sdp/candidate.h"
#include "relay/sdp/carried_payloads.h"
#include "relay/sdp/line_reader.h"
#include "relay/sdp/payload_reader.h"
#include "relay/sdp/render.h"
#include "relay/sdp/text.h"

#include <algorithm>
#include <array>
#include <optional>
#include <set>

namespace spillway::relay::sdp {

namespace {

/// The last goes on to viewers; the others are webrtcbin's.
constexpr std::array<std::string_view, 3> carriedExtensions{
    "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01",
    "urn:ietf:params:rtp-hdrext:sdes:mid",
    rtp::playoutDelayUri,
};

bool isCarried(const Extension& extension) {
    return std::find(carriedExtensions.begin(), carriedExtensions.end(), extension.uri) !=
           carriedExtensions.end();
}

/// Reads one description; each step returns an error or nothing.
class DescriptionReader {
  public:
    DescriptionReader(const Description& description, const std::vector<config::Codec>& videoCodecs,
                      Author author, Remb remb)
        : description_(description)
        , videoCodecs_(videoCodecs)
        , author_(author)
        , remb_(remb) {}

    std::variant<RemoteDescription, Error> read() {
        auto read = readLines(description_, terms());
        if (auto* error = std::get_if<Error>(&read)) return *error;
        auto& lines = std::get<MediaLines>(read);
        transportLine_ = transportOf(lines);
        if (!transportLine_) return unsupported(lines.whyNone("nothing can be carried"));
        // To take the rest would be a session without sound or picture that nobody is told of (RFC 9725
        // section 4.4.3).
        if (author_ == Author::publisher && !lines.unknownCodecs.empty())
            return unsupported(lines.unknownCodecs);
        result_.lines = std::move(lines.all);
        result_.order = std::move(lines.carried);
        dropDirections();
        if (remb_ == Remb::unused) dropRemb();
        for (const auto& check : {&DescriptionReader::checkKinds, &DescriptionReader::checkBundle,
                                  &DescriptionReader::checkPayloadTypes, &DescriptionReader::takeTransport})
            if (auto error = (this->*check)()) return *error;
        takeRest();
        return std::move(result_);
    }

  private:
    LineTerms terms() const {
        return {"sendonly", "does not send", isCarried,
                [this](const Section& section, std::vector<Payload>& payloads) {
                    const std::string offered = codecNames(payloads);
                    payloads = carriedPayloads(std::move(payloads), section.kind, videoCodecs_);
                    return "has no codec that is carried, but " + offered;
                }};
    }

    /// Of an SFU, a line that sends nothing now has ICE and DTLS as well.
    std::optional<std::size_t> transportOf(const MediaLines& lines) const {
        if (!lines.carried.empty()) return transportLine(description_, lines.all, lines.carried.front());
        if (author_ == Author::publisher) return std::nullopt;
        for (std::size_t i = 0; i < lines.all.size(); ++i)
            if (inherited(description_, i, "ice-ufrag")) return i;
        return std::nullopt;
    }

    /// With one, GStreamer 1.22 makes an array of the extension in its caps, where extensionId() expects
    /// text.
    void dropDirections() {
        for (MediaLine& line : result_.lines)
            for (Extension& extension : line.extensions)
                extension.direction.clear();
    }

    void dropRemb() {
        for (MediaLine& line : result_.lines)
            for (Payload& payload : line.payloads)
                payload.remb = false;
    }

    std::optional<Error> checkKinds() {
        if (author_ == Author::sfu) return std::nullopt;
        std::set<MediaKind> kinds;
        for (const std::size_t index : result_.order)
            if (!kinds.insert(result_.lines[index].media).second)
                return unsupported("there is more than one m-line that sends " + result_.lines[index].kind +
                                   "; a session carries one audio and one video");
        return std::nullopt;
    }

    std::optional<Error> checkBundle() {
        const auto bundled = readBundle(description_, result_.lines);
        if (const auto* error = std::get_if<Error>(&bundled)) return *error;
        result_.bundled = std::get<bool>(bundled);
        return std::nullopt;
    }

    std::optional<Error> checkPayloadTypes() {
        if (author_ == Author::sfu) return std::nullopt; // SSRCs distinguish its lines
        std::set<unsigned> types;
        for (const std::size_t index : result_.order)
            for (const Payload& payload : result_.lines[index].payloads)
                for (const auto type : {std::optional(payload.type), payload.rtx})
                    if (type && !types.insert(*type).second)
                        return unsupported("payload type " + std::to_string(*type) +
                                           " appears in more than one m-line");
        return std::nullopt;
    }

    std::optional<Error> takeTransport() {
        auto transport = readTransport(description_, *transportLine_, result_.order);
        if (auto* error = std::get_if<Error>(&transport)) return *error;
        auto& theirs = std::get<RemoteTransport>(transport);
        result_.ice = std::move(theirs.ice);
        result_.fingerprint = std::move(theirs.fingerprint);
        result_.setup = std::move(theirs.setup);
        return std::nullopt;
    }

    void takeRest() {
        for (const std::string& value : allInherited(description_, *transportLine_, "candidate")) {
            const auto candidate = parseCandidate("candidate:" + value);
            if (candidate && candidate->usable && result_.candidates.size() < maxCandidates)
                result_.candidates.push_back(candidate->text);
        }
        result_.trickle = offersTrickle(description_, *transportLine_);
        result_.iceLite = description_.has("ice-lite");
        const auto origin = words(description_.origin);
        const auto digits = [&](std::size_t i) {
            return i < origin.size() ? number<std::uint64_t>(origin[i]).value_or(0) : 0;
        };
        result_.origin =
            "- " + std::to_string(digits(1)) + " " + std::to_string(digits(2)) + " IN IP4 0.0.0.0";
    }

    const Description& description_;
    const std::vector<config::Codec>& videoCodecs_;
    const Author author_;
    const Remb remb_;
    RemoteDescription result_;
    std::optional<std::size_t> transportLine_; ///< the line whose ICE and DTLS are the bundle's
};

} // namespace

const MediaLine* RemoteDescription::lineOf(std::string_view mid) const {
    for (const MediaLine& line : lines)
        if (line.carried && line.mid == mid) return &line;
    return nullptr;
}

const MediaLine* RemoteDescription::lineOf(std::uint32_t ssrc, unsigned payloadType) const {
    std::vector<const MediaLine*> byType;
    for (const MediaLine& line : lines) {
        if (line.shown && line.names(ssrc)) return &line;
        if (line.carried && line.takes(payloadType)) byType.push_back(&line);
    }
    return byType.size() == 1 ? byType.front() : nullptr;
}

bool RemoteDescription::allows(std::string_view mid, std::uint32_t ssrc) const {
    const MediaLine* line = lineOf(mid);
    return line && (line->ssrcs.empty() || line->names(ssrc));
}

bool RemoteDescription::allows(std::uint32_t ssrc) const {
    return std::any_of(lines.begin(), lines.end(), [&](const MediaLine& line) {
        return line.carried && (line.ssrcs.empty() || line.names(ssrc));
    });
}

std::vector<std::uint32_t> RemoteDescription::ssrcs() const {
    std::vector<std::uint32_t> all;
    for (const MediaLine& line : lines)
        if (line.carried) all.insert(all.end(), line.ssrcs.begin(), line.ssrcs.end());
    return all;
}

bool RemoteDescription::takesRemb() const {
    const auto taken = [](const Payload& payload) { return payload.remb; };
    return std::any_of(lines.begin(), lines.end(), [&](const MediaLine& line) {
        return line.carried && line.media == MediaKind::video &&
               std::any_of(line.payloads.begin(), line.payloads.end(), taken);
    });
}

std::string RemoteDescription::textForWebrtcbin() const {
    // As DTLS client webrtcbin greets when its own ICE is through, which a controlling peer may not be yet:
    // it loses the ClientHello, and the next one comes after a second.
    const std::string theirSetup = setup == "actpass" ? "active" : setup;
    Description description = bundleOf(*this);
    description.add("ice-options", trickle ? "trickle" : "ice2");
    if (iceLite) description.add("ice-lite");
    for (const std::size_t index : order) {
        const MediaLine& line = lines[index];
        Section section = mediaSection(line);
        addTransport(section, {ice, fingerprint.text(), theirSetup});
        section.add("sendonly");
        addSsrcs(section, line);
        description.sections.push_back(std::move(section));
    }
    return description.text();
}

std::variant<RemoteDescription, Error> readRemoteDescription(std::string_view text,
                                                             const std::vector<config::Codec>& videoCodecs,
                                                             Author author, Remb remb) {
    auto description = parseDescription(text, author == Author::sfu ? sfuLimits : publisherLimits);
    if (auto* error = std::get_if<Error>(&description)) return *error;
    return DescriptionReader(std::get<Description>(description), videoCodecs, author, remb).read();
}

} // namespace spillway::relay::sdp
