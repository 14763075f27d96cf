#include "relay/sdp/receiving_offer.h"

#include "relay/rtp/extensions.h"
#include "relay/sdp/text.h"

#include <algorithm>
#include <array>
#include <numeric>

namespace spillway::relay::sdp {

namespace {

constexpr const char* protocol = "UDP/TLS/RTP/SAVPF";

struct VideoFormat {
    config::Codec codec;
    const char* encoding;
    const char* parameters;
};
/// Payload types as browsers number them; each with its RTX at the next number.
constexpr std::array videoFormats{
    VideoFormat{config::Codec::vp8, "VP8", ""},
    VideoFormat{config::Codec::vp9, "VP9", "profile-id=0"},
    VideoFormat{config::Codec::h264, "H264",
                "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f"},
    VideoFormat{config::Codec::h265, "H265", ""},
};
constexpr std::uint8_t firstVideoType = 96;
constexpr std::uint8_t audioType = 111;

MediaLine line(const char* kind, const char* mid, MediaKind media) {
    MediaLine made;
    made.kind = kind;
    made.protocol = protocol;
    made.mid = mid;
    made.carried = true;
    made.shown = true;
    made.media = media;
    made.reducedSizeRtcp = true;
    made.extensions = {{1, "urn:ietf:params:rtp-hdrext:sdes:mid"},
                       {2, "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"}};
    if (media == MediaKind::video) made.extensions.push_back({3, std::string(rtp::playoutDelayUri)});
    return made;
}

void addVideo(MediaLine& line, config::Codec codec) {
    const auto format = std::find_if(videoFormats.begin(), videoFormats.end(),
                                     [&](const VideoFormat& known) { return known.codec == codec; });
    if (format == videoFormats.end()) return;
    Payload payload;
    payload.type = static_cast<std::uint8_t>(firstVideoType + 2 * line.payloads.size());
    payload.encoding = format->encoding;
    payload.parameters = format->parameters;
    payload.nack = payload.pli = payload.fir = payload.transportCc = true;
    payload.rtx = static_cast<std::uint8_t>(payload.type + 1);
    line.payloads.push_back(std::move(payload));
}

Payload opus() {
    Payload payload{audioType, "opus", 48000, "2", "minptime=10;useinbandfec=1;stereo=1"};
    payload.nack = payload.transportCc = true;
    return payload;
}

const Payload* offeredAs(const Payload& chosen, const MediaLine& ours) {
    for (const Payload& payload : ours.payloads)
        if (payload.type == chosen.type && lowered(payload.encoding) == lowered(chosen.encoding) &&
            payload.clockRate == chosen.clockRate && payload.channels == chosen.channels)
            return &payload;
    return nullptr;
}

/// Of what the server chose only what we offered.
void keepOffered(MediaLine& theirs, const MediaLine& ours) {
    std::erase_if(theirs.payloads, [&](const Payload& payload) { return !offeredAs(payload, ours); });
    for (Payload& payload : theirs.payloads)
        if (payload.rtx != offeredAs(payload, ours)->rtx) payload.rtx.reset();
    theirs.carried = theirs.carried && !theirs.payloads.empty();
}

} // namespace

std::vector<MediaLine> receivingOffer(const std::vector<config::Codec>& videoCodecs) {
    MediaLine video = line("video", "0", MediaKind::video);
    for (const config::Codec codec : videoCodecs)
        addVideo(video, codec);
    MediaLine audio = line("audio", "1", MediaKind::audio);
    audio.payloads.push_back(opus());
    return {std::move(video), std::move(audio)};
}

std::string offerText(const std::vector<MediaLine>& ours, const Transport& transport,
                      const std::vector<std::string>& candidates) {
    Description description;
    description.origin = "- 1 1 IN IP4 0.0.0.0";
    std::string group = "BUNDLE";
    for (const MediaLine& line : ours)
        group += " " + line.mid;
    description.add("group", group);
    description.add("msid-semantic", "WMS *");
    description.add("ice-options", "trickle");
    for (const MediaLine& line : ours) {
        Section section = mediaSection(line);
        addTransport(section, transport);
        section.add("recvonly");
        if (description.sections.empty()) addCandidates(section, candidates);
        description.sections.push_back(std::move(section));
    }
    return description.text();
}

std::variant<RemoteDescription, Error> readAnswer(const std::vector<MediaLine>& ours, std::string_view answer,
                                                  const std::vector<config::Codec>& videoCodecs) {
    auto read = readRemoteDescription(answer, videoCodecs, Author::sfu);
    if (auto* error = std::get_if<Error>(&read)) return *error;
    RemoteDescription theirs = std::get<RemoteDescription>(std::move(read));
    if (theirs.setup == "actpass") return malformed("a=setup of an answer is actpass");
    if (theirs.lines.size() != ours.size())
        return malformed("the answer has " + std::to_string(theirs.lines.size()) + " m-lines, the offer " +
                         std::to_string(ours.size()));
    bool sends = false;
    for (std::size_t i = 0; i < ours.size(); ++i) {
        MediaLine& line = theirs.lines[i];
        if (line.kind != ours[i].kind) return malformed("the m-lines are not in the order of the offer");
        if (line.carried && line.mid != ours[i].mid) return malformed("a=mid is not that of the offer");
        keepOffered(line, ours[i]);
        sends = sends || line.carried;
        if (!line.carried) {
            line = ours[i];
            line.carried = false;
        }
    }
    if (!sends) return unsupported("the server sends nothing of what was offered");
    theirs.order.resize(ours.size());
    std::iota(theirs.order.begin(), theirs.order.end(), 0);
    return theirs;
}

std::string answerFromServer(const RemoteDescription& theirs) {
    Description description = bundleOf(theirs);
    if (theirs.iceLite) description.add("ice-lite");
    for (const MediaLine& line : theirs.lines) {
        Section section = mediaSection(line);
        addTransport(section, {theirs.ice, theirs.fingerprint.text(), theirs.setup});
        section.add(line.carried ? "sendonly" : "inactive");
        addSsrcs(section, line);
        if (description.sections.empty()) addCandidates(section, theirs.candidates);
        description.sections.push_back(std::move(section));
    }
    return description.text();
}

} // namespace spillway::relay::sdp
