#include "relay/sdp/receiving_offer.h"

#include "relay/rtp/format.h"
#include "relay/sdp/text.h"

#include <algorithm>
#include <array>

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
    VideoFormat{config::Codec::vp8, "VP8/90000", ""},
    VideoFormat{config::Codec::vp9, "VP9/90000", "profile-id=0"},
    VideoFormat{config::Codec::h264, "H264/90000",
                "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f"},
    VideoFormat{config::Codec::h265, "H265/90000", ""},
};
constexpr unsigned firstVideoType = 96;
constexpr unsigned audioType = 111;

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
    if (media == MediaKind::video) made.extensions.push_back({3, std::string(playoutDelayUri)});
    return made;
}

void addVideo(MediaLine& line, config::Codec codec) {
    const auto format = std::find_if(videoFormats.begin(), videoFormats.end(),
                                     [&](const VideoFormat& known) { return known.codec == codec; });
    if (format == videoFormats.end()) return;
    const unsigned type = firstVideoType + static_cast<unsigned>(line.payloads.size());
    line.payloads.push_back(
        {type, format->encoding, format->parameters, {"nack", "nack pli", "ccm fir", "transport-cc"}});
    line.payloads.push_back({type + 1, "rtx/90000", "apt=" + std::to_string(type), {}});
}

/// Of what the server chose only what we offered.
void keepOffered(MediaLine& theirs, const MediaLine& ours) {
    std::erase_if(theirs.payloads, [&](const Payload& payload) {
        return std::none_of(ours.payloads.begin(), ours.payloads.end(), [&](const Payload& offered) {
            return offered.type == payload.type && lowered(offered.encoding) == lowered(payload.encoding);
        });
    });
    theirs.carried = theirs.carried && !theirs.payloads.empty();
}

} // namespace

RemoteDescription receivingOffer(const std::vector<config::Codec>& videoCodecs) {
    MediaLine video = line("video", "0", MediaKind::video);
    for (const config::Codec codec : videoCodecs)
        addVideo(video, codec);
    MediaLine audio = line("audio", "1", MediaKind::audio);
    audio.payloads.push_back(
        {audioType, "opus/48000/2", "minptime=10;useinbandfec=1;stereo=1", {"nack", "transport-cc"}});
    RemoteDescription offer;
    offer.lines = {std::move(video), std::move(audio)};
    offer.order = {0, 1};
    offer.origin = "- 1 1 IN IP4 0.0.0.0";
    offer.bundled = true;
    return offer;
}

std::string offerText(const RemoteDescription& ours, const Transport& transport,
                      const std::vector<std::string>& candidates) {
    Description description = bundleOf(ours);
    description.add("msid-semantic", "WMS *");
    description.add("ice-options", "trickle");
    for (const MediaLine& line : ours.lines) {
        Section section = mediaSection(line);
        addTransport(section, transport);
        section.add("recvonly");
        if (description.sections.empty()) addCandidates(section, candidates);
        description.sections.push_back(std::move(section));
    }
    return description.text();
}

std::variant<RemoteDescription, Error> readAnswer(const RemoteDescription& ours, std::string_view answer,
                                                  const std::vector<config::Codec>& videoCodecs) {
    auto read = readRemoteDescription(answer, videoCodecs, Author::sfu);
    if (auto* error = std::get_if<Error>(&read)) return *error;
    RemoteDescription theirs = std::get<RemoteDescription>(std::move(read));
    if (theirs.setup == "actpass") return malformed("a=setup of an answer is actpass");
    if (theirs.lines.size() != ours.lines.size())
        return malformed("the answer has " + std::to_string(theirs.lines.size()) + " m-lines, the offer " +
                         std::to_string(ours.lines.size()));
    bool sends = false;
    for (std::size_t i = 0; i < ours.lines.size(); ++i) {
        MediaLine& line = theirs.lines[i];
        if (line.kind != ours.lines[i].kind)
            return malformed("the m-lines are not in the order of the offer");
        if (line.carried && line.mid != ours.lines[i].mid) return malformed("a=mid is not that of the offer");
        keepOffered(line, ours.lines[i]);
        sends = sends || line.carried;
        if (!line.carried) {
            line = ours.lines[i];
            line.carried = false;
        }
    }
    if (!sends) return unsupported("the server sends nothing that was offered");
    theirs.order = ours.order;
    return theirs;
}

std::string answerFromServer(const RemoteDescription& theirs) {
    Description description = bundleOf(theirs);
    if (theirs.iceLite) description.add("ice-lite");
    for (const MediaLine& line : theirs.lines) {
        Section section = mediaSection(line);
        addTransport(section, {theirs.ice, theirs.fingerprint.text(), theirs.setup});
        section.add(line.carried ? "sendonly" : "inactive");
        for (const std::uint32_t ssrc : line.ssrcs)
            section.add("ssrc", std::to_string(ssrc) + " cname:-");
        if (description.sections.empty()) addCandidates(section, theirs.candidates);
        description.sections.push_back(std::move(section));
    }
    return description.text();
}

} // namespace spillway::relay::sdp
