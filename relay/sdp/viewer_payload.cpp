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

/// How well a viewer's payload fits a stream, best first.
enum class Fit { same, wider, unsaid, none };

/// One that is not said is 0 by RFC 6184 section 8.1, but whoever leaves it out (GStreamer) takes any. Mode 1
/// includes mode 0 (section 6.3).
Fit modeFit(std::string_view decoder, std::string_view stream) {
    const auto taken = fmtpParameter(decoder, "packetization-mode");
    const std::string sent = stream.empty() ? "1" : fmtpParameter(stream, "packetization-mode").value_or("0");
    if (taken.value_or("0") == sent) return Fit::same;
    if (taken == "1" && sent == "0") return Fit::wider;
    return taken || sent != "1" ? Fit::none : Fit::unsaid;
}

/// The same for the profile. A stream that does not say it is taken to fit any.
Fit profileFit(std::string_view decoder, std::string_view stream) {
    const auto sent = profileOf(stream);
    const bool isSaid = fmtpParameter(decoder, "profile-level-id").has_value();
    const Profile taken = profileOf(decoder).value_or(Profile{Family::baseline, 0});
    if (!sent || taken == *sent) return Fit::same;
    if (includes(taken.family, sent->family)) return Fit::wider;
    return isSaid ? Fit::none : Fit::unsaid;
}

/// The first of those that fit best: what is said and the same comes before what only may be.
const Payload* h264For(const std::vector<const Payload*>& payloads, std::string_view parameters) {
    const Payload* best = nullptr;
    Fit bestFit = Fit::none;
    for (const Payload* payload : payloads) {
        const Fit fit =
            std::max(modeFit(payload->parameters, parameters), profileFit(payload->parameters, parameters));
        if (fit >= bestFit) continue;
        best = payload;
        bestFit = fit;
    }
    return best;
}

/// Opus is written with two channels, whatever is inside (RFC 7587 section 7); GStreamer leaves them out. The
/// packets are the same.
const Payload* opusFor(const std::vector<const Payload*>& payloads) {
    for (const char* channels : {"2", "", "1"})
        for (const Payload* payload : payloads)
            if (payload->channels == channels) return payload;
    return nullptr;
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
        if (lowered(payload.encoding) == name && payload.clockRate == clockRate) payloads.push_back(&payload);
    if (name == "opus") return opusFor(payloads);
    if (name == "h264") return h264For(payloads, parameters);
    if (name == "vp9") return vp9For(payloads, parameters);
    return payloads.empty() ? nullptr : payloads.front();
}

} // namespace spillway::relay::sdp
