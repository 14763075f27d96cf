// What Matroska must know of a track before its first frame (RFC 9559 section 5.1.4). Output loop thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

using GstCaps = struct _GstCaps;

namespace spillway::relay {

struct MediaTrack {
    std::string name; ///< of the source
    bool video = false;
    std::string codec; ///< `V_VP8` and so on
    std::vector<std::uint8_t> setup;
    unsigned width = 0;
    unsigned height = 0;
    unsigned channels = 0;
    std::chrono::nanoseconds delay{}; ///< of what is decoded, that players skip

    /// Whether a decoder can go on from one to the other. A change of size does not matter where each
    /// keyframe tells it.
    bool continues(const MediaTrack& former) const {
        return codec == former.codec && setup == former.setup && channels == former.channels;
    }
};

/// Of access units or packets with these caps. Throws std::runtime_error when they are not known.
MediaTrack mediaTrackOf(const std::string& name, const GstCaps* caps);

} // namespace spillway::relay
