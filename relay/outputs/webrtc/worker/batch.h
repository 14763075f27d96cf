// Frames that were taken from a queue together, and what all who send them on need to know: read once,
// however many viewers they go to. Worker thread.
#pragma once

#include "relay/base/bytes.h"
#include "relay/queue/frame_queue.h"
#include "relay/rtp/packet.h"

#include <cstddef>
#include <memory>
#include <vector>

namespace spillway::relay::webrtc {

class Batch {
  public:
    /// Frames of one feed before the next has its turn: most pictures whole.
    static constexpr std::size_t most = 64;

    struct Packet {
        const Frame* frame;
        const rtp::Packet* rtp; ///< the frame's
        Bytes payload;
        /// By how much it is shorter than the longest of its picture, when it is so little that padding is
        /// worth it; else 0.
        std::size_t padding = 0;
    };

    Batch();
    ~Batch();
    Batch(const Batch&) = delete;
    Batch& operator=(const Batch&) = delete;

    /// Lets go of what it had, and takes the next; how many.
    std::size_t take(FrameQueue& queue);

    const std::vector<Frame>& frames() const { return frames_; }
    /// Those of the frames that are packets, in order.
    const std::vector<Packet>& packets() const { return packets_; }
    bool hasKeyframe() const { return hasKeyframe_; }

  private:
    void clear();
    void read(const Frame& frame);
    void pad();

    std::vector<Frame> frames_;
    struct Maps;
    const std::unique_ptr<Maps> maps_; ///< of the packets' buffers
    std::vector<Packet> packets_;
    bool hasKeyframe_ = false;
};

} // namespace spillway::relay::webrtc
