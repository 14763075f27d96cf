#include "relay/sdp/remote_description.h"

#include "relay/rtp/format.h"
#include "relay/sdp/attributes.h"
#include "relay/sdp/candidate.h"
#include "relay/sdp/render.h"
#include "relay/sdp/text.h"

#include <algorithm>
#include <array>
#include <optional>
#include <set>

namespace spillway::relay::sdp {

namespace {

constexpr std::size_t maxSsrcs = 64; // of one line; simulcast with RTX names six

/// The last goes on to viewers; the others are webrtcbin's.
constexpr std::array<std::string_view, 3> carriedExtensions{
    "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01",
    "urn:ietf:params:rtp-hdrext:sdes:mid",
    playoutDelayUri,
};

std::vector<Extension> readExtensions(const Section& section) {
    std::vector<Extension> result;
    for (const std::string& value : section.attributes("extmap")) {
        const auto fields = words(value);
        if (fields.size() < 2) continue;
        const auto id = number<unsigned>(splitAt(fields[0], '/').first);
        const bool known = std::find(carriedExtensions.begin(), carriedExtensions.end(), fields[1]) !=
                           carriedExtensions.end();
        const bool taken = std::any_of(result.begin(), result.end(), [&](const Extension& other) {
            return other.id == id || other.uri == fields[1];
        });
        // One-byte headers have 14 ids (RFC 8285 section 4.2); larger ones would need `extmap-allow-mixed`.
        if (id && *id >= 1 && *id <= 14 && known && !taken) result.push_back({*id, std::string(fields[1])});
    }
    return result;
}

std::vector<std::uint32_t> readSsrcs(const Section& section) {
    std::vector<std::uint32_t> result;
    for (const std::string& value : section.attributes("ssrc")) {
        const auto ssrc = number<std::uint32_t>(splitAt(value, ' ').first);
        if (ssrc && result.size() < maxSsrcs &&
            std::find(result.begin(), result.end(), *ssrc) == result.end())
            result.push_back(*ssrc);
    }
    return result;
}

/// Reads one description; each step returns an error or nothing.
class DescriptionReader {
  public:
    DescriptionReader(const Description& description, const std::vector<config::Codec>& videoCodecs,
                      Author author)
        : description_(description)
        , videoCodecs_(videoCodecs)
        , author_(author) {}

    std::variant<RemoteDescription, Error> read() {
        for (std::size_t i = 0; i < description_.sections.size(); ++i)
            if (auto error = readLine(i)) return *error;
        if (!first_ && author_ == Author::sfu) first_ = anyTransport();
        if (!first_) return unsupported(nothingCarried());
        for (const auto& check : {&DescriptionReader::checkBundle, &DescriptionReader::checkPayloadTypes,
                                  &DescriptionReader::readIce, &DescriptionReader::readDtls})
            if (auto error = (this->*check)()) return *error;
        readRest();
        return std::move(offer_);
    }

  private:
    std::string at(std::size_t index) const { return placeOf(description_, index); }

    std::string nothingCarried() const {
        if (description_.sections.empty()) return "there is no m-line";
        if (refusals_.empty()) return "there is no m-line of audio or video";
        return "nothing can be carried: " + refusals_;
    }

    /// A line that sends nothing now tells ICE and DTLS as well as another.
    std::optional<std::size_t> anyTransport() const {
        for (std::size_t i = 0; i < description_.sections.size(); ++i)
            if (inherited(description_, description_.sections[i], "ice-ufrag")) return i;
        return std::nullopt;
    }

    void refuse(std::size_t index, const std::string& why) {
        refusals_ += (refusals_.empty() ? "" : "; ") + at(index) + " " + why;
    }

    std::optional<Error> readLine(std::size_t index) {
        const Section& section = description_.sections[index];
        MediaLine line;
        line.kind = section.kind;
        line.protocol = section.protocol;
        line.firstFormat = section.formats.front();
        auto mid = readMid(description_, index, mids_);
        if (auto* error = std::get_if<Error>(&mid)) return *error;
        line.mid = std::get<std::string>(std::move(mid));
        if (isCandidateForCarrying(index)) {
            if (auto error = carry(index, line)) return error;
        }
        offer_.lines.push_back(std::move(line));
        return std::nullopt;
    }

    /// Whether the line is of a kind that we carry at all; if not, it is refused and the rest goes on.
    bool isCandidateForCarrying(std::size_t index) {
        const Section& section = description_.sections[index];
        if (section.kind != "audio" && section.kind != "video") return false;
        if (section.port == 0 && !section.has("bundle-only")) return refuse(index, "has port 0"), false;
        if (!hasDirection(description_, section, "sendonly")) return refuse(index, "does not send"), false;
        return true;
    }

    std::optional<Error> carry(std::size_t index, MediaLine& line) {
        const Section& section = description_.sections[index];
        if (!isSavpf(section.protocol))
            return unsupported(at(index) + " has the protocol " + shown(section.protocol) +
                               ", not UDP/TLS/RTP/SAVPF");
        if (line.mid.empty()) return malformed(at(index) + " has no a=mid");
        if (!section.has("rtcp-mux")) return unsupported(at(index) + " has no a=rtcp-mux");
        line.payloads = carriedPayloads(section, videoCodecs_);
        if (line.payloads.empty()) {
            refuse(index, "has no codec that is carried, but " + encodingNames(section));
            return std::nullopt;
        }
        if (!kinds_.insert(section.kind).second && author_ == Author::publisher)
            return unsupported("there is more than one m-line that sends " + section.kind +
                               "; a session carries one audio and one video");
        line.carried = true;
        line.shown = true;
        line.media = section.kind == "audio" ? MediaKind::audio : MediaKind::video;
        line.extensions = readExtensions(section);
        line.ssrcs = readSsrcs(section);
        line.reducedSizeRtcp = section.has("rtcp-rsize");
        if (!first_) first_ = index;
        offer_.order.push_back(index);
        return std::nullopt;
    }

    std::optional<Error> checkBundle() {
        std::set<std::string_view> members;
        std::string group;
        for (const std::string& value : description_.attributes("group"))
            if (value.starts_with("BUNDLE ")) group = value;
        for (const std::string_view word : words(group))
            members.insert(word);
        offer_.bundled = !group.empty();
        if (offer_.order.size() < 2) return std::nullopt;
        for (const MediaLine& line : offer_.lines)
            if (line.carried && !members.contains(line.mid))
                return unsupported("a=mid:" + line.mid +
                                   " is not in a=group:BUNDLE; one transport for all is needed");
        return std::nullopt;
    }

    std::optional<Error> checkPayloadTypes() {
        if (author_ == Author::sfu) return std::nullopt; // SSRCs tell its lines apart
        std::set<unsigned> types;
        for (const MediaLine& line : offer_.lines)
            for (const Payload& payload : line.payloads)
                if (line.carried && !types.insert(payload.type).second)
                    return unsupported("payload type " + std::to_string(payload.type) +
                                       " stands in more than one m-line");
        return std::nullopt;
    }

    std::optional<Error> readIce() {
        auto ice = readIceCredentials(description_, *first_);
        if (auto* error = std::get_if<Error>(&ice)) return *error;
        offer_.ice = std::move(std::get<IceCredentials>(ice));
        return std::nullopt;
    }

    std::optional<Error> readDtls() {
        std::vector<std::size_t> lines{*first_};
        for (const std::size_t index : offer_.order)
            if (index != *first_) lines.push_back(index);
        auto fingerprint = readFingerprint(description_, lines);
        if (auto* error = std::get_if<Error>(&fingerprint)) return *error;
        auto setup = readSetup(description_, *first_);
        if (auto* error = std::get_if<Error>(&setup)) return *error;
        offer_.fingerprint = std::get<Fingerprint>(std::move(fingerprint));
        offer_.setup = std::get<std::string>(std::move(setup));
        return std::nullopt;
    }

    void readRest() {
        const Section& section = description_.sections[*first_];
        for (const std::string& value : section.attributes("candidate")) {
            const auto candidate = parseCandidate("candidate:" + value);
            if (candidate && candidate->usable && offer_.candidates.size() < maxCandidates)
                offer_.candidates.push_back(candidate->text);
        }
        offer_.trickle = offersTrickle(description_, section);
        offer_.iceLite = description_.has("ice-lite");
        const auto origin = words(description_.origin);
        const auto digits = [&](std::size_t i) {
            return i < origin.size() ? number<std::uint64_t>(origin[i]).value_or(0) : 0;
        };
        offer_.origin =
            "- " + std::to_string(digits(1)) + " " + std::to_string(digits(2)) + " IN IP4 0.0.0.0";
    }

    const Description& description_;
    const std::vector<config::Codec>& videoCodecs_;
    const Author author_;
    RemoteDescription offer_;
    std::optional<std::size_t> first_; ///< the first carried line: its transport is the bundle's
    std::set<std::string> mids_;
    std::set<std::string> kinds_; ///< of carried lines
    std::string refusals_;
};

} // namespace

bool MediaLine::wantsNack() const {
    return std::any_of(payloads.begin(), payloads.end(), [](const Payload& payload) {
        return std::find(payload.feedback.begin(), payload.feedback.end(), "nack") != payload.feedback.end();
    });
}

bool MediaLine::names(std::uint32_t ssrc) const {
    return std::find(ssrcs.begin(), ssrcs.end(), ssrc) != ssrcs.end();
}

bool MediaLine::takes(unsigned payloadType) const {
    return std::any_of(payloads.begin(), payloads.end(),
                       [&](const Payload& payload) { return payload.type == payloadType; });
}

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
        for (const std::uint32_t ssrc : line.ssrcs)
            section.add("ssrc", std::to_string(ssrc) + " cname:-");
        description.sections.push_back(std::move(section));
    }
    return description.text();
}

std::variant<RemoteDescription, Error>
readRemoteDescription(std::string_view text, const std::vector<config::Codec>& videoCodecs, Author author) {
    auto description = parseDescription(text, author == Author::sfu ? sfuLimits : publisherLimits);
    if (auto* error = std::get_if<Error>(&description)) return *error;
    return DescriptionReader(std::get<Description>(description), videoCodecs, author).read();
}

} // namespace spillway::relay::sdp
