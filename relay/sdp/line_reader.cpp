#include "relay/sdp/line_reader.h"

#include "relay/sdp/attributes.h"
#include "relay/sdp/payload_reader.h"
#include "relay/sdp/text.h"

#include <algorithm>
#include <optional>
#include <set>

namespace spillway::relay::sdp {

namespace {

constexpr std::size_t maxSsrcs = 64; // of one line; simulcast with RTX names six

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

/// `<id>[/<direction>] <uri>`.
std::optional<Extension> parseExtension(std::string_view value) {
    const auto fields = words(value);
    if (fields.size() < 2 || !isPrintable(fields[1])) return std::nullopt;
    const auto [digits, direction] = splitAt(fields[0], '/');
    const auto id = number<std::uint8_t>(digits);
    // One-byte headers have 14 ids (RFC 8285 section 4.2); larger ones would need `extmap-allow-mixed`.
    if (!id || *id < 1 || *id > 14) return std::nullopt;
    return Extension{*id, std::string(fields[1]), std::string(direction)};
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

bool isMedia(const Section& section) {
    return section.kind == "audio" || section.kind == "video";
}

/// Port 0 is a line that its author has closed, or that only exists inside the bundle.
bool isOffered(const Section& section) {
    return section.port != 0 || section.has("bundle-only");
}

class LineReader {
  public:
    LineReader(const Description& description, const LineTerms& terms)
        : description_(description)
        , terms_(terms) {}

    std::variant<MediaLines, Error> read() {
        for (std::size_t i = 0; i < description_.sections.size(); ++i)
            if (auto error = readLine(i)) return *error;
        return std::move(lines_);
    }

  private:
    std::string at(std::size_t index) const { return placeOf(description_, index); }

    void refuse(std::size_t index, std::string_view why) { note(lines_.refusals, index, why); }

    void note(std::string& reasons, std::size_t index, std::string_view why) const {
        reasons.append(reasons.empty() ? "" : "; ").append(at(index)).append(" ").append(why);
    }

    std::optional<Error> readLine(std::size_t index) {
        const Section& section = description_.sections[index];
        MediaLine line;
        line.kind = section.kind;
        line.protocol = section.protocol;
        line.firstFormat = section.formats.front();
        // The answer repeats them, also of lines that are refused.
        if (!isProtocol(line.protocol) || !isToken(line.firstFormat))
            return malformed(at(index) + " has a protocol or format that is not a token");
        auto mid = readMid(description_, index, mids_);
        if (auto* error = std::get_if<Error>(&mid)) return *error;
        line.mid = std::get<std::string>(std::move(mid));
        if (isMedia(section) && isSavpf(section.protocol)) {
            line.payloads = readPayloads(section);
            line.tagged = isOffered(section) && isTagged(description_, line.mid);
        }
        if (mayCarry(index))
            if (auto error = carry(index, line)) return error;
        lines_.all.push_back(std::move(line));
        return std::nullopt;
    }

    /// Whether media flows on the line at all; if not, it is refused and the rest goes on.
    bool mayCarry(std::size_t index) {
        const Section& section = description_.sections[index];
        if (!isMedia(section)) return false;
        if (!isOffered(section)) return refuse(index, "has port 0"), false;
        if (!hasDirection(description_, section, terms_.oneWay)) return refuse(index, terms_.idle), false;
        return true;
    }

    std::optional<Error> carry(std::size_t index, MediaLine& line) {
        const Section& section = description_.sections[index];
        if (!isSavpf(section.protocol))
            return unsupported(at(index) + " has the protocol " + shown(section.protocol) +
                               ", not UDP/TLS/RTP/SAVPF");
        if (line.mid.empty()) return malformed(at(index) + " has no a=mid");
        if (!multiplexesRtcp(index)) return unsupported(at(index) + " has no a=rtcp-mux");
        auto payloads = line.payloads;
        if (const std::string none = terms_.choosePayloads(section, payloads); payloads.empty()) {
            refuse(index, none);
            note(lines_.unknownCodecs, index, none);
            return std::nullopt;
        }
        line.payloads = std::move(payloads);
        line.carried = true;
        line.shown = true;
        line.media = section.kind == "audio" ? MediaKind::audio : MediaKind::video;
        line.extensions = readExtensions(section);
        line.ssrcs = readSsrcs(section);
        line.reducedSizeRtcp = section.has("rtcp-rsize");
        lines_.carried.push_back(index);
        return std::nullopt;
    }

    /// The answer to a line that is bundle-only says it in any case.
    bool multiplexesRtcp(std::size_t index) const {
        return inherited(description_, index, "rtcp-mux") ||
               inherited(description_, index, "rtcp-mux-only") ||
               description_.sections[index].has("bundle-only");
    }

    /// The line's and the session's; of two with one id or URI the first.
    std::vector<Extension> readExtensions(const Section& section) const {
        std::vector<Extension> result;
        for (const Part* part :
             {static_cast<const Part*>(&section), static_cast<const Part*>(&description_)}) {
            for (const std::string& value : part->attributes("extmap")) {
                auto extension = parseExtension(value);
                if (extension && terms_.extension(*extension) &&
                    std::none_of(result.begin(), result.end(), [&](const Extension& other) {
                        return other.id == extension->id || other.uri == extension->uri;
                    }))
                    result.push_back(std::move(*extension));
            }
        }
        return result;
    }

    const Description& description_;
    const LineTerms& terms_;
    MediaLines lines_;
    std::set<std::string> mids_;
};

} // namespace

std::string MediaLines::whyNone(std::string_view verdict) const {
    if (all.empty()) return "there is no m-line";
    if (refusals.empty()) return "there is no m-line of audio or video";
    return std::string(verdict) + ": " + refusals;
}

std::variant<MediaLines, Error> readLines(const Description& description, const LineTerms& terms) {
    return LineReader(description, terms).read();
}

} // namespace spillway::relay::sdp
