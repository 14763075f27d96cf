#include "relay/sdp/carried_payloads.h"

#include "relay/sdp/payload_reader.h"
#include "relay/sdp/text.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string>

namespace spillway::relay::sdp {

namespace {

struct KnownCodec {
    std::string_view name; ///< lower case
    std::string_view kind;
    std::uint32_t clockRate;
    std::vector<std::string_view> channels; ///< spellings that are taken; the RTP is the same
    std::optional<config::Codec> videoCodec;
    std::set<std::string_view> parameters;
};

// Parameters that are not listed are dropped: GStreamer turns each into a field of its caps, where a name
// like `clock-rate` would replace ours.
const std::vector<KnownCodec>& knownCodecs() {
    using config::Codec;
    static const std::vector<KnownCodec> codecs{
        {"vp8", "video", 90000, {"", "1"}, Codec::vp8, {"max-fr", "max-fs"}},
        {"vp9", "video", 90000, {"", "1"}, Codec::vp9, {"max-fr", "max-fs", "profile-id"}},
        {"h264",
         "video",
         90000,
         {"", "1"},
         Codec::h264,
         {"profile-level-id", "packetization-mode", "level-asymmetry-allowed", "sprop-parameter-sets",
          "max-fs", "max-mbps", "max-br", "max-dpb"}},
        {"h265",
         "video",
         90000,
         {"", "1"},
         Codec::h265,
         {"profile-space", "profile-id", "tier-flag", "level-id", "interop-constraints", "tx-mode",
          "sprop-vps", "sprop-sps", "sprop-pps", "sprop-max-don-diff"}},
        {"opus",
         "audio",
         48000,
         {"2", "1", ""}, // RFC 7587 section 7 wants 2, whatever is inside
         std::nullopt,
         {"minptime", "maxptime", "ptime", "useinbandfec", "usedtx", "stereo", "sprop-stereo", "cbr",
          "maxplaybackrate", "sprop-maxcapturerate", "maxaveragebitrate"}},
    };
    return codecs;
}

const KnownCodec* known(const Payload& payload) {
    const std::string name = lowered(payload.encoding);
    for (const KnownCodec& codec : knownCodecs())
        if (codec.name == name) return &codec;
    return nullptr;
}

bool isCarried(const Payload& payload, std::string_view kind, const std::vector<config::Codec>& videoCodecs) {
    const KnownCodec* codec = known(payload);
    if (!codec || codec->kind != kind || codec->clockRate != payload.clockRate) return false;
    const auto& channels = codec->channels;
    if (std::find(channels.begin(), channels.end(), payload.channels) == channels.end()) return false;
    if (!codec->videoCodec) return true;
    if (std::find(videoCodecs.begin(), videoCodecs.end(), *codec->videoCodec) == videoCodecs.end())
        return false;
    return codec->videoCodec != config::Codec::vp9 ||
           fmtpParameter(payload.parameters, "profile-id").value_or("0") == "0";
}

bool isH264(const Payload& payload) {
    return lowered(payload.encoding) == "h264";
}

bool isMode1(const Payload& payload) {
    return fmtpParameter(payload.parameters, "packetization-mode") == "1";
}

std::string knownParameters(const Payload& payload) {
    const auto& names = known(payload)->parameters;
    std::string text;
    for (const auto& [key, value] : fmtpParameters(payload.parameters))
        if (names.contains(key)) text.append(text.empty() ? "" : ";").append(key).append("=").append(value);
    return text;
}

} // namespace

std::vector<Payload> carriedPayloads(std::vector<Payload> offered, std::string_view kind,
                                     const std::vector<config::Codec>& videoCodecs) {
    std::erase_if(offered, [&](const Payload& payload) { return !isCarried(payload, kind, videoCodecs); });
    if (std::any_of(offered.begin(), offered.end(),
                    [](const Payload& payload) { return isH264(payload) && isMode1(payload); }))
        std::erase_if(offered, [](const Payload& payload) { return isH264(payload) && !isMode1(payload); });
    for (Payload& payload : offered)
        payload.parameters = knownParameters(payload);
    return offered;
}

} // namespace spillway::relay::sdp
