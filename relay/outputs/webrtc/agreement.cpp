#include "relay/outputs/webrtc/agreement.h"

#include "relay/base/random.h"
#include "relay/sdp/payload_reader.h"
#include "relay/sdp/text.h"
#include "relay/sdp/viewer_payload.h"
#include "relay/values/viewing.h"

#include <algorithm>
#include <array>

namespace spillway::relay::webrtc {

namespace {

constexpr std::array videoSources{"camera", "video", "screen"};
constexpr std::array audioSources{"microphone", "audio", "screen-audio"};

constexpr const char* midUri = "urn:ietf:params:rtp-hdrext:sdes:mid";
constexpr const char* absSendTimeUri = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time";
constexpr const char* transportSequenceUri =
    "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01";

/// Lower is better.
template <class Sources>
std::size_t rank(const Sources& sources, const std::string& source) {
    return static_cast<std::size_t>(std::find(sources.begin(), sources.end(), source) - sources.begin());
}

std::size_t rank(const Track& track) {
    return track.kind() == MediaKind::video ? rank(videoSources, track.name().source)
                                            : rank(audioSources, track.name().source);
}

/// What the viewer takes of that encoding, or of any when it takes none of it.
std::string takenNames(const sdp::MediaLine& line, const std::string& encoding) {
    std::vector<sdp::Payload> alike;
    for (const auto& payload : line.payloads)
        if (lowered(payload.encoding) == lowered(encoding)) alike.push_back(payload);
    return sdp::codecNames(alike.empty() ? line.payloads : alike);
}

/// Takes over the id that the viewer's offer has for it; 0 when it has none.
std::uint8_t takeExtension(const sdp::MediaLine& line, std::string_view uri, sdp::SentLine& sent) {
    for (const auto& extension : line.extensions) {
        if (extension.uri != uri) continue;
        sent.extensions.push_back(extension);
        return extension.id;
    }
    return 0;
}

/// The viewer's own, and that we are likely to send two channels where the publisher says so (RFC 7587
/// section 7.1).
std::string sentParameters(const sdp::Payload& payload, const rtp::Format& format) {
    std::string parameters = payload.parameters;
    if (lowered(payload.encoding) == "opus" && sdp::fmtpParameter(format.parameters, "sprop-stereo") == "1" &&
        !sdp::fmtpParameter(parameters, "sprop-stereo"))
        parameters += parameters.empty() ? "sprop-stereo=1" : ";sprop-stereo=1";
    return parameters;
}

std::uint32_t randomSsrc() {
    return std::max(1U, randomNumber<std::uint32_t>());
}

AgreedLine agreeOn(Track& track, const sdp::ViewerOffer& offer, const sdp::MediaLine& line) {
    const auto format = track.format();
    if (!format) throw ViewRefused(ViewRefused::Kind::noTrack, track.name().text() + " has no data yet");
    const std::string encoding = format->encoding.substr(0, format->encoding.find('/'));
    const auto* payload = sdp::payloadFor(line, encoding, format->clockRate, format->parameters);
    if (!payload) {
        const sdp::Payload sent{0, encoding, format->clockRate, {}, format->parameters};
        throw ViewRefused(ViewRefused::Kind::unsupported,
                          track.name().text() + " is " + sdp::codecName(sent) +
                              " and nothing else; the viewer takes " + takenNames(line, encoding));
    }
    AgreedLine agreed;
    agreed.track = &track;
    auto& sent = agreed.sent;
    sent.line = static_cast<std::size_t>(&line - offer.lines.data());
    sent.payload = *payload;
    sent.parameters = sentParameters(*payload, *format);
    sent.ssrc = randomSsrc();
    do
        sent.rtxSsrc = randomSsrc();
    while (sent.rtxSsrc == sent.ssrc);
    sent.cname = track.name().participant + "@" + track.name().call;
    sent.stream = track.name().participant;
    sent.track = track.name().source;

    auto& stream = agreed.stream;
    stream.kind = track.kind();
    stream.mid = line.mid;
    stream.encoding = encoding;
    stream.clockRate = format->clockRate;
    stream.payloadType = payload->type;
    stream.ssrc = sent.ssrc;
    stream.rtxPayloadType = payload->rtx;
    stream.rtxSsrc = sent.rtxSsrc;
    stream.nack = payload->nack;
    stream.cname = sent.cname;
    stream.extensions.mid = takeExtension(line, midUri, sent);
    stream.extensions.playoutDelay = takeExtension(line, rtp::playoutDelayUri, sent);
    if (stream.mayChangeWithTime()) {
        stream.extensions.absSendTime = takeExtension(line, absSendTimeUri, sent);
        if (payload->transportCc)
            stream.extensions.transportSequence = takeExtension(line, transportSequenceUri, sent);
    }
    return agreed;
}

} // namespace

std::vector<Track*> mainTracks(const std::vector<Track*>& tracks) {
    std::vector<Track*> chosen;
    for (const MediaKind kind : {MediaKind::video, MediaKind::audio}) {
        Track* best = nullptr;
        for (Track* track : tracks)
            if (track->kind() == kind && (!best || rank(*track) < rank(*best))) best = track;
        if (best) chosen.push_back(best);
    }
    return chosen;
}

std::vector<AgreedLine> agree(const std::vector<Track*>& tracks, const sdp::ViewerOffer& offer) {
    std::vector<AgreedLine> lines;
    for (Track* track : tracks)
        if (const auto* line = offer.lineFor(track->kind())) lines.push_back(agreeOn(*track, offer, *line));
    if (lines.empty())
        throw ViewRefused(ViewRefused::Kind::unsupported,
                          "the viewer's offer has no line that receives what this track is");
    return lines;
}

} // namespace spillway::relay::webrtc
