// Which worker a viewer goes to. Pure code, any thread.
//
// Each packet of a track wakes every worker that has a viewer of it, which costs as much as sending to
// several. So the viewers of a track stay together, in crowds; and no worker has more than a crowd more than
// another.
#pragma once

#include <cstddef>
#include <span>

namespace spillway::relay::webrtc {

/// Among so many a wake-up is not much any more, and one core has sent them a packet in 0.2 ms.
constexpr std::size_t crowd = 32;

struct WorkerLoad {
    std::size_t viewers = 0;
    bool hasTrack = false; ///< of what the viewer is to play
};

/// Its place among the workers, of which there is one at least.
std::size_t placeFor(std::span<const WorkerLoad> workers);

} // namespace spillway::relay::webrtc
