#include "relay/sdp/codec.h"

#include "relay/sdp/text.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string_view>

namespace spillway::relay::sdp {

namespace {

using Parameters = std::vector<std::pair<std::string, std::string>>;

struct Offered {
    std::string name; ///< lower case
    std::string rtpmap;
    Parameters parameters;
    std::vector<std::string> feedback;
};

struct KnownCodec {
    std::string_view name;
    std::string_view kind;
    std::string_view clock; ///< what follows the name in rtpmap
    std::optional<config::Codec> codec;
    std::set<std::string_view> parameters;
};

// Parameters that are not listed are dropped: GStreamer turns each into a field of its caps, where a name
// like `clock-rate` would replace ours.
const std::vector<KnownCodec>& knownCodecs() {
    using config::Codec;
    static const std::vector<KnownCodec> codecs{
        {"vp8", "video", "90000", Codec::vp8, {"max-fr", "max-fs"}},
        {"vp9", "video", "90000", Codec::vp9, {"max-fr", "max-fs", "profile-id"}},
        {"h264",
         "video",
         "90000",
         Codec::h264,
         {"profile-level-id", "packetization-mode", "level-asymmetry-allowed", "sprop-parameter-sets",
          "max-fs", "max-mbps", "max-br", "max-dpb"}},
        {"h265",
         "video",
         "90000",
         Codec::h265,
         {"profile-space", "profile-id", "tier-flag", "level-id", "interop-constraints", "tx-mode",
          "sprop-vps", "sprop-sps", "sprop-pps", "sprop-max-don-diff"}},
        {"opus",
         "audio",
         "48000/2",
         Codec::opus,
         {"minptime", "maxptime", "ptime", "useinbandfec", "usedtx", "stereo", "sprop-stereo", "cbr",
          "maxplaybackrate", "sprop-maxcapturerate", "maxaveragebitrate"}},
        {"rtx", "", "", std::nullopt, {"apt", "rtx-time"}},
    };
    return codecs;
}

const KnownCodec* known(const std::string& name) {
    const auto& codecs = knownCodecs();
    const auto found =
        std::find_if(codecs.begin(), codecs.end(), [&](const auto& codec) { return codec.name == name; });
    return found == codecs.end() ? nullptr : &*found;
}

std::optional<std::string> parameter(const Offered& offered, std::string_view name) {
    for (const auto& [key, value] : offered.parameters)
        if (key == name) return value;
    return std::nullopt;
}

Parameters parseParameters(std::string_view text) {
    Parameters result;
    while (!text.empty()) {
        const auto [item, rest] = splitAt(text, ';');
        const auto [key, value] = splitAt(trimmed(item), '=');
        if (isToken(key)) result.emplace_back(lowered(key), trimmed(value));
        text = rest;
    }
    return result;
}

bool contains(const std::vector<std::string>& list, const std::string& text) {
    return std::find(list.begin(), list.end(), text) != list.end();
}

bool isCarriedFeedback(std::string_view text) {
    return text == "nack" || text == "nack pli" || text == "ccm fir" || text == "transport-cc";
}

void readFeedback(std::map<unsigned, Offered>& offered, const Section& section) {
    for (const std::string& value : section.attributes("rtcp-fb")) {
        const auto [target, rest] = splitAt(value, ' ');
        std::string feedback;
        for (const std::string_view word : words(rest))
            feedback.append(feedback.empty() ? "" : " ").append(word);
        if (!isCarriedFeedback(feedback)) continue;
        for (auto& [type, payload] : offered)
            if ((target == "*" || number<unsigned>(target) == type) && !contains(payload.feedback, feedback))
                payload.feedback.push_back(feedback);
    }
}

std::map<unsigned, Offered> readOffered(const Section& section) {
    std::map<unsigned, Offered> offered;
    for (const std::string& value : section.attributes("rtpmap")) {
        const auto split = splitPayload(value);
        // Only what the m-line itself lists counts.
        if (split && contains(section.formats, std::to_string(split->first))) {
            const std::string_view name = splitAt(split->second, '/').first;
            offered[split->first] = {lowered(name), std::string(split->second), {}, {}};
        }
    }
    for (const std::string& value : section.attributes("fmtp")) {
        const auto split = splitPayload(value);
        if (!split) continue;
        if (const auto it = offered.find(split->first); it != offered.end())
            it->second.parameters = parseParameters(split->second);
    }
    readFeedback(offered, section);
    return offered;
}

bool isMode1(const Offered& offered) {
    return parameter(offered, "packetization-mode") == "1";
}

bool isWanted(const Offered& offered, const KnownCodec& codec,
              const std::vector<config::Codec>& videoCodecs) {
    if (codec.kind != "video") return true;
    if (std::find(videoCodecs.begin(), videoCodecs.end(), *codec.codec) == videoCodecs.end()) return false;
    return offered.name != "vp9" || parameter(offered, "profile-id").value_or("0") == "0";
}

bool isPrimary(const Offered& offered, const Section& section,
               const std::vector<config::Codec>& videoCodecs) {
    const KnownCodec* codec = known(offered.name);
    return codec && codec->codec && codec->kind == section.kind &&
           splitAt(offered.rtpmap, '/').second == codec->clock && isWanted(offered, *codec, videoCodecs);
}

Payload toPayload(unsigned type, const Offered& offered) {
    Payload payload{type, offered.rtpmap, {}, offered.feedback};
    for (const auto& [key, value] : offered.parameters) {
        if (!known(offered.name)->parameters.contains(key)) continue;
        if (!payload.parameters.empty()) payload.parameters += ';';
        payload.parameters.append(key).append("=").append(value);
    }
    return payload;
}

/// The payload types that are carried, without RTX.
std::set<unsigned> primaries(const std::map<unsigned, Offered>& offered, const Section& section,
                             const std::vector<config::Codec>& videoCodecs) {
    std::set<unsigned> result;
    bool mode1 = false;
    for (const auto& [type, payload] : offered) {
        if (!isPrimary(payload, section, videoCodecs)) continue;
        result.insert(type);
        mode1 = mode1 || (payload.name == "h264" && isMode1(payload));
    }
    if (mode1)
        std::erase_if(result, [&](unsigned type) {
            const Offered& payload = offered.at(type);
            return payload.name == "h264" && !isMode1(payload);
        });
    return result;
}

bool isRetransmissionOf(const Offered& offered, const std::set<unsigned>& carried) {
    if (offered.name != "rtx") return false;
    const auto apt = number<unsigned>(parameter(offered, "apt").value_or(""));
    return apt && carried.contains(*apt);
}

} // namespace

std::optional<std::pair<unsigned, std::string_view>> splitPayload(std::string_view value) {
    const auto [first, rest] = splitAt(value, ' ');
    const auto type = number<unsigned>(first);
    if (!type || *type > 127) return std::nullopt;
    return std::pair{*type, trimmed(rest)};
}

std::optional<std::string> fmtpParameter(std::string_view fmtp, std::string_view name) {
    for (auto& [key, value] : parseParameters(fmtp))
        if (key == name) return std::move(value);
    return std::nullopt;
}

std::vector<Payload> carriedPayloads(const Section& section, const std::vector<config::Codec>& videoCodecs) {
    const auto offered = readOffered(section);
    const auto carried = primaries(offered, section, videoCodecs);
    std::vector<Payload> result;
    std::set<unsigned> seen;
    for (const std::string& format : section.formats) {
        const auto type = number<unsigned>(format);
        if (!type || !offered.contains(*type) || !seen.insert(*type).second) continue;
        const Offered& payload = offered.at(*type);
        if (carried.contains(*type) || isRetransmissionOf(payload, carried))
            result.push_back(toPayload(*type, payload));
    }
    return result;
}

std::string encodingNames(const Section& section) {
    std::set<std::string> names;
    for (const std::string& value : section.attributes("rtpmap"))
        if (const auto split = splitPayload(value))
            if (const auto name = splitAt(split->second, '/').first; isToken(name)) names.emplace(name);
    std::string text;
    for (const std::string& name : names) {
        if (text.size() > 200) break;
        text += (text.empty() ? "" : ", ") + name;
    }
    return text.empty() ? "none" : text;
}

} // namespace spillway::relay::sdp
