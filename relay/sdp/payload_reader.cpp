#include "relay/sdp/payload_reader.h"

#include "relay/sdp/text.h"

#include <algorithm>
#include <array>
#include <set>

namespace spillway::relay::sdp {

namespace {

/// `<payload type> <rest>` of rtpmap and fmtp; nothing when it is no payload type.
std::optional<std::pair<std::uint8_t, std::string_view>> splitPayload(std::string_view value) {
    const auto [first, rest] = splitAt(value, ' ');
    const auto type = number<std::uint8_t>(first);
    if (!type || *type > 127) return std::nullopt;
    return std::pair{*type, trimmed(rest)};
}

Payload* find(std::vector<Payload>& payloads, unsigned type) {
    const auto found = std::find_if(payloads.begin(), payloads.end(),
                                    [&](const Payload& payload) { return payload.type == type; });
    return found == payloads.end() ? nullptr : &*found;
}

/// `VP8/90000`, `opus/48000/2`.
std::optional<Payload> parseRtpmap(std::string_view value) {
    const auto split = splitPayload(value);
    if (!split) return std::nullopt;
    const auto [encoding, rest] = splitAt(split->second, '/');
    const auto [clock, channels] = splitAt(rest, '/');
    const auto clockRate = number<std::uint32_t>(clock);
    if (!isToken(encoding) || !clockRate || (!channels.empty() && !number<unsigned>(channels)))
        return std::nullopt;
    return Payload{split->first, std::string(encoding), *clockRate, std::string(channels)};
}

std::vector<Payload> readRtpmaps(const Section& section) {
    std::vector<Payload> mapped;
    for (const std::string& value : section.attributes("rtpmap"))
        if (auto payload = parseRtpmap(value); payload && !find(mapped, payload->type))
            mapped.push_back(std::move(*payload));
    // Only what the m-line itself lists counts, and in its order.
    std::vector<Payload> listed;
    for (const std::string& format : section.formats) {
        const auto type = number<unsigned>(format);
        const Payload* payload = type ? find(mapped, *type) : nullptr;
        if (payload && !find(listed, *type)) listed.push_back(*payload);
    }
    return listed;
}

void readParameters(std::vector<Payload>& payloads, const Section& section) {
    for (const std::string& value : section.attributes("fmtp")) {
        const auto split = splitPayload(value);
        if (!split || !isPrintable(split->second)) continue;
        if (Payload* payload = find(payloads, split->first)) payload->parameters = split->second;
    }
}

void note(Payload& payload, std::string_view feedback) {
    payload.nack = payload.nack || feedback == "nack";
    payload.pli = payload.pli || feedback == "nack pli";
    payload.fir = payload.fir || feedback == "ccm fir";
    payload.remb = payload.remb || feedback == "goog-remb";
    payload.transportCc = payload.transportCc || feedback == "transport-cc";
}

void readFeedback(std::vector<Payload>& payloads, const Section& section) {
    for (const std::string& value : section.attributes("rtcp-fb")) {
        const auto [target, rest] = splitAt(value, ' ');
        std::string feedback;
        for (const std::string_view word : words(rest))
            feedback.append(feedback.empty() ? "" : " ").append(word);
        for (Payload& payload : payloads)
            if (target == "*" || number<unsigned>(target) == payload.type) note(payload, feedback);
    }
}

bool isRtx(const Payload& payload) {
    return lowered(payload.encoding) == "rtx";
}

/// Takes the RTX payload types out of the list, each to the one that it repeats.
void pairRtx(std::vector<Payload>& payloads) {
    for (const Payload& rtx : std::vector<Payload>(payloads)) {
        if (!isRtx(rtx)) continue;
        const auto apt = number<unsigned>(fmtpParameter(rtx.parameters, "apt").value_or(""));
        Payload* primary = apt ? find(payloads, *apt) : nullptr;
        // RFC 4588 section 8.6: the clock is that of the stream that is repeated.
        if (primary && !isRtx(*primary) && !primary->rtx && primary->clockRate == rtx.clockRate)
            primary->rtx = rtx.type;
    }
    std::erase_if(payloads, isRtx);
}

} // namespace

std::vector<Payload> readPayloads(const Section& section) {
    std::vector<Payload> payloads = readRtpmaps(section);
    readParameters(payloads, section);
    readFeedback(payloads, section);
    pairRtx(payloads);
    return payloads;
}

std::vector<std::pair<std::string, std::string>> fmtpParameters(std::string_view fmtp) {
    std::vector<std::pair<std::string, std::string>> result;
    while (!fmtp.empty()) {
        const auto [item, rest] = splitAt(fmtp, ';');
        const auto [key, value] = splitAt(trimmed(item), '=');
        if (isToken(key)) result.emplace_back(lowered(key), trimmed(value));
        fmtp = rest;
    }
    return result;
}

std::optional<std::string> fmtpParameter(std::string_view fmtp, std::string_view name) {
    for (auto& [key, value] : fmtpParameters(fmtp))
        if (key == name) return std::move(value);
    return std::nullopt;
}

std::string codecName(const Payload& payload) {
    constexpr std::array distinguishing{"profile-level-id", "packetization-mode", "profile-id"};
    std::string name = payload.encoding + "/" + std::to_string(payload.clockRate);
    if (!payload.channels.empty()) name += "/" + payload.channels;
    std::string parameters;
    for (const auto& [key, value] : fmtpParameters(payload.parameters))
        if (std::find(distinguishing.begin(), distinguishing.end(), key) != distinguishing.end())
            parameters.append(parameters.empty() ? " (" : ";").append(key).append("=").append(value);
    return parameters.empty() ? name : name + parameters + ")";
}

std::string codecNames(const std::vector<Payload>& payloads) {
    constexpr std::size_t enough = 200;
    std::set<std::string> names;
    for (const Payload& payload : payloads)
        names.insert(codecName(payload));
    std::string text;
    for (const std::string& name : names) {
        if (text.size() > enough) return text + ", …";
        text.append(text.empty() ? "" : ", ").append(name);
    }
    return text.empty() ? "none with an a=rtpmap" : text;
}

} // namespace spillway::relay::sdp
