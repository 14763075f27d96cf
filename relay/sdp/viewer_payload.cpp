#include "relay/sdp/viewer_payload.h"

#include "relay/sdp/payload_reader.h"
#include "relay/sdp/text.h"

#include <algorithm>

namespace spillway::relay::sdp {

namespace {

enum class Family { constrainedBaseline, baseline, main, high, other };

struct Profile {
    Family family = Family::other;
    unsigned idc = 0; ///< distinguishes those of `other`

    bool operator==(const Profile&) const = default;
};

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

/// The first of the same profile, else the first whose decoder takes it as well. A stream that does not say
/// its profile is taken to fit any.
const Payload* h264For(const std::vector<const Payload*>& payloads, std::string_view parameters) {
    const std::string mode = parameters.empty() ? "1" : modeOf(parameters);
    const auto stream = profileOf(parameters);
    // RFC 6184 section 8.1: Baseline when nothing is said.
    const Profile unsaid{Family::baseline, 0};
    const Payload* wider = nullptr;
    for (const Payload* payload : payloads) {
        if (modeOf(payload->parameters) != mode) continue;
        const Profile decoder = profileOf(payload->parameters).value_or(unsaid);
        if (!stream || decoder == *stream) return payload;
        if (!wider && includes(decoder.family, stream->family)) wider = payload;
    }
    return wider;
}

const Payload* vp9For(const std::vector<const Payload*>& payloads, std::string_view parameters) {
    const auto profile = [](std::string_view text) {
        return fmtpParameter(text, "profile-id").value_or("0");
    };
    for (const Payload* payload : payloads)
        if (profile(payload->parameters) == profile(parameters)) return payload;
    return nullptr;
}

} // namespace

const Payload* payloadFor(const MediaLine& line, std::string_view encoding, std::uint32_t clockRate,
                          std::string_view parameters) {
    const std::string name = lowered(encoding);
    std::vector<const Payload*> payloads;
    for (const Payload& payload : line.payloads)
        // RFC 7587 section 7: Opus is always written with two channels.
        if (lowered(payload.encoding) == name && payload.clockRate == clockRate &&
            (name != "opus" || payload.channels == "2"))
            payloads.push_back(&payload);
    if (name == "h264") return h264For(payloads, parameters);
    if (name == "vp9") return vp9For(payloads, parameters);
    return payloads.empty() ? nullptr : payloads.front();
}

} // namespace spillway::relay::sdp
