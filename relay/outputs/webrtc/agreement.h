// Which of a participant's tracks a viewer gets on which line of its offer, and what is said about it in the
// answer and to the stream. Loop thread.
#pragma once

#include "relay/outputs/webrtc/media/viewer_stream.h"
#include "relay/rtp/format.h"
#include "relay/sdp/viewer_answer.h"
#include "relay/track/track.h"

#include <functional>
#include <string>
#include <vector>

namespace spillway::relay::webrtc {

/// One track on one line.
struct AgreedLine {
    Track* track = nullptr;
    sdp::SentLine sent;
    ViewerStreamSettings stream;
};

/// The participant's first video and first audio among its tracks: a camera before a screen, and a microphone
/// before the screen's sound.
std::vector<Track*> mainTracks(const std::vector<Track*>& tracks);

/// Each track whose kind the viewer receives, on a line of its own. Throws ViewRefused: no track has data
/// yet, or the viewer cannot take a codec.
std::vector<AgreedLine> agree(const std::vector<Track*>& tracks, const sdp::ViewerOffer& offer);

} // namespace spillway::relay::webrtc
