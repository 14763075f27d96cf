#include "relay/sdp/viewer_payload.h"

#include "relay/sdp/codec.h"
#include "relay/sdp/text.h"

#include <algorithm>

namespace spillway::relay::sdp {

namespace {

ViewerPayload* find(std::vector<ViewerPayload>& payloads, unsigned type) {
    const auto found = std::find_if(payloads.begin(), payloads.end(),
                                    [&](const ViewerPayload& payload) { return payload.type == type; });
    return found == payloads.end() ? nullptr : &*found;
}

/// `VP8/90000`, `opus/48000/2`.
std::optional<ViewerPayload> parseRtpmap(std::string_view value) {
    const auto split = splitPayload(value);
    if (!split) return std::nullopt;
    const auto [encoding, rest] = splitAt(split->second, '/');
    const auto [clock, channels] = splitAt(rest, '/');
    const auto clockRate = number<std::uint32_t>(clock);
    if (!isToken(encoding) || !clockRate || (!channels.empty() && !number<unsigned>(channels)))
        return std::nullopt;
    ViewerPayload payload;
    payload.type = static_cast<std::uint8_t>(split->first);
    payload.encoding = encoding;
    payload.clockRate = *clockRate;
    payload.channels = channels;
    return payload;
}

std::vector<ViewerPayload> readRtpmaps(const Section& section) {
    std::vector<ViewerPayload> mapped;
    for (const std::string& value : section.attributes("rtpmap"))
        if (auto payload = parseRtpmap(value); payload && !find(mapped, payload->type))
            mapped.push_back(std::move(*payload));
    // Only what the m-line itself lists counts, and in its order.
    std::vector<ViewerPayload> listed;
    for (const std::string& format : section.formats) {
        const auto type = number<unsigned>(format);
        const ViewerPayload* payload = type ? find(mapped, *type) : nullptr;
        if (payload && !find(listed, *type)) listed.push_back(*payload);
    }
    return listed;
}

void readParameters(std::vector<ViewerPayload>& payloads, const Section& section) {
    for (const std::string& value : section.attributes("fmtp")) {
        const auto split = splitPayload(value);
        if (!split || !isPrintable(split->second)) continue;
        if (ViewerPayload* payload = find(payloads, split->first)) payload->parameters = split->second;
    }
}

void note(ViewerPayload& payload, std::string_view feedback) {
    payload.nack = payload.nack || feedback == "nack";
    payload.pli = payload.pli || feedback == "nack pli";
    payload.fir = payload.fir || feedback == "ccm fir";
    payload.remb = payload.remb || feedback == "goog-remb";
    payload.transportCc = payload.transportCc || feedback == "transport-cc";
}

void readFeedback(std::vector<ViewerPayload>& payloads, const Section& section) {
    for (const std::string& value : section.attributes("rtcp-fb")) {
        const auto [target, rest] = splitAt(value, ' ');
        std::string feedback;
        for (const std::string_view word : words(rest))
            feedback.append(feedback.empty() ? "" : " ").append(word);
        for (ViewerPayload& payload : payloads)
            if (target == "*" || number<unsigned>(target) == payload.type) note(payload, feedback);
    }
}

bool isRtx(const ViewerPayload& payload) {
    return lowered(payload.encoding) == "rtx";
}

/// Takes the RTX payload types out of the list, each to the one that it repeats.
void pairRtx(std::vector<ViewerPayload>& payloads) {
    for (const ViewerPayload& rtx : std::vector<ViewerPayload>(payloads)) {
        if (!isRtx(rtx)) continue;
        const auto apt = number<unsigned>(fmtpParameter(rtx.parameters, "apt").value_or(""));
        ViewerPayload* primary = apt ? find(payloads, *apt) : nullptr;
        // RFC 4588 section 8.6: the clock is that of the stream that is repeated.
        if (primary && !isRtx(*primary) && !primary->rtx && primary->clockRate == rtx.clockRate)
            primary->rtx = rtx.type;
    }
    std::erase_if(payloads, isRtx);
}

enum class Family { constrainedBaseline, baseline, main, high, other };

struct Profile {
    Family family = Family::other;
    unsigned idc = 0; ///< tells those of `other` apart

    bool operator==(const Profile&) const = default;
};

std::optional<unsigned> hexByte(std::string_view digits) {
    unsigned value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
    if (digits.size() != 2 || error != std::errc{} || end != digits.data() + 2) return std::nullopt;
    return value;
}

/// RFC 6184 section 8.1, table 5. Constrained Baseline is written as Baseline that a Main decoder takes too,
/// or the other way round.
std::optional<Profile> profileOf(std::string_view parameters) {
    const std::string id = fmtpParameter(parameters, "profile-level-id").value_or("");
    if (id.size() != 6) return std::nullopt;
    const auto idc = hexByte(std::string_view(id).substr(0, 2));
    const auto flags = hexByte(std::string_view(id).substr(2, 2));
    if (!idc || !flags) return std::nullopt;
    constexpr unsigned set0 = 0x80;
    constexpr unsigned set1 = 0x40;
    switch (*idc) {
    case 0x42:
        return Profile{(*flags & set1) != 0 ? Family::constrainedBaseline : Family::baseline, 0};
    case 0x4d:
        return Profile{(*flags & set0) != 0 ? Family::constrainedBaseline : Family::main, 0};
    case 0x64:
        return Profile{Family::high, 0};
    default:
        return Profile{Family::other, *idc};
    }
}

/// Whether a decoder of one takes a stream of the other (H.264 section A.2).
bool includes(Family decoder, Family stream) {
    if (stream == Family::constrainedBaseline) return decoder != Family::other;
    return stream == Family::main && decoder == Family::high;
}

std::string modeOf(std::string_view parameters) {
    return fmtpParameter(parameters, "packetization-mode").value_or("0");
}

/// The first of the same profile, else the first whose decoder takes it as well. A stream that does not tell
/// its profile is taken to fit any.
const ViewerPayload* h264For(const std::vector<const ViewerPayload*>& payloads, std::string_view parameters) {
    const std::string mode = parameters.empty() ? "1" : modeOf(parameters);
    const auto stream = profileOf(parameters);
    // RFC 6184 section 8.1: Baseline when nothing is said.
    const Profile unsaid{Family::baseline, 0};
    const ViewerPayload* wider = nullptr;
    for (const ViewerPayload* payload : payloads) {
        if (modeOf(payload->parameters) != mode) continue;
        const Profile decoder = profileOf(payload->parameters).value_or(unsaid);
        if (!stream || decoder == *stream) return payload;
        if (!wider && includes(decoder.family, stream->family)) wider = payload;
    }
    return wider;
}

const ViewerPayload* vp9For(const std::vector<const ViewerPayload*>& payloads, std::string_view parameters) {
    const auto profile = [](std::string_view text) {
        return fmtpParameter(text, "profile-id").value_or("0");
    };
    for (const ViewerPayload* payload : payloads)
        if (profile(payload->parameters) == profile(parameters)) return payload;
    return nullptr;
}

} // namespace

std::vector<ViewerPayload> readViewerPayloads(const Section& section) {
    std::vector<ViewerPayload> payloads = readRtpmaps(section);
    readParameters(payloads, section);
    readFeedback(payloads, section);
    pairRtx(payloads);
    return payloads;
}

const ViewerPayload* payloadFor(const ViewerLine& line, std::string_view encoding, std::uint32_t clockRate,
                                std::string_view parameters) {
    const std::string name = lowered(encoding);
    std::vector<const ViewerPayload*> payloads;
    for (const ViewerPayload& payload : line.payloads)
        // RFC 7587 section 7: Opus is always written with two channels.
        if (lowered(payload.encoding) == name && payload.clockRate == clockRate &&
            (name != "opus" || payload.channels == "2"))
            payloads.push_back(&payload);
    if (name == "h264") return h264For(payloads, parameters);
    if (name == "vp9") return vp9For(payloads, parameters);
    return payloads.empty() ? nullptr : payloads.front();
}

} // namespace spillway::relay::sdp
