// In which form an output takes a track's media.
#pragma once

namespace spillway::relay {

enum class Rendition {
    rtp,     ///< packets as they came
    encoded, ///< access units of video, packets of audio
};

} // namespace spillway::relay
