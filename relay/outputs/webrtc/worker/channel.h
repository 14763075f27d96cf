// One track of one viewer at its worker: from the viewer's queue to the wire.
//
// Comes in: frames, by the queue. Goes out: SRTP, in bursts, and sender reports. A viewer begins with a
// keyframe: the one that it finds in the ring, if another viewer of the worker watches the track and the
// keyframe is not old, else the next one, which it wishes for. Worker thread.
#pragma once

#include "relay/outputs/webrtc/media/packet_ring.h"
#include "relay/outputs/webrtc/media/viewer_stream.h"
#include "relay/outputs/webrtc/worker/viewer_stats.h"
#include "relay/port/sockets.h"
#include "relay/queue/frame_queue.h"
#include "relay/rtp/feedback.h"
#include "relay/srtp/session.h"
#include "relay/values/snapshot.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace spillway::relay::webrtc {

struct ChannelSetup {
    std::uint32_t slot = 0; ///< what the queue wakes the worker with
    ViewerStreamSettings stream;
    std::shared_ptr<FrameQueue> queue; ///< FrameQueue::Start::anywhere
    std::shared_ptr<PacketRing> ring;  ///< shared by the worker's viewers of this track; null for audio
    std::function<void(WishReason)> wish;
    std::shared_ptr<ChannelStats> stats;
};

/// What a viewer's channels send with, once its DTLS is up.
struct Wire {
    port::Sockets& sockets;
    srtp::Session& srtp;
    port::Path path;
    std::uint16_t transportSequence = 0;
};

class Channel {
  public:
    explicit Channel(ChannelSetup setup);
    /// Gives up what is queued.
    ~Channel();
    Channel(const Channel&) = delete;
    Channel& operator=(const Channel&) = delete;

    /// Sends what waits in the queue, a batch at most, and returns how many frames that were; with 0 the
    /// queue was empty, and wakes again. Nothing when the track has another codec now than the viewer agreed
    /// to.
    std::optional<std::size_t> serve(Wire& wire, Clock::time_point now);
    /// By the sequence number that the viewer knows.
    void retransmit(std::uint16_t sequence, Wire& wire, Clock::time_point now);
    void onReport(const rtp::ReceptionReport& report);
    void onKeyframeWanted();
    /// A sender report, when one is due.
    void report(Wire& wire, Clock::time_point now);
    void goodbye(Wire& wire, Clock::time_point now);

    bool sends(std::uint32_t ssrc) const;
    std::uint32_t slot() const { return setup_.slot; }

  private:
    struct Packet {
        const Frame* frame;
        const rtp::Packet* rtp; ///< the frame's
    };

    bool fits(const Frame& frame);
    void keep() const;
    /// How many of the packets come before the first that the viewer can begin with.
    std::size_t begin(Wire& wire, Clock::time_point now);
    bool beginInRing(Wire& wire, Clock::time_point now);
    bool mayPad() const;
    void sendAll(std::size_t first, Wire& wire, Clock::time_point now);
    static MutableBytes roomFor(std::size_t bytes, Wire& wire);
    void send(const Packet& packet, std::size_t padding, Wire& wire, Clock::time_point now);
    static void sendRtcp(std::vector<std::uint8_t> packet, Wire& wire);
    void publish() const;

    ChannelSetup setup_;
    ViewerStream stream_;
    ViewerReception reception_; ///< by the last report
    std::vector<Frame> frames_;
    std::vector<Packet> packets_;
    std::shared_ptr<const StreamFormat> format_; ///< the last that fits
    bool begun_ = false;
    bool wished_ = false;           ///< for the keyframe to begin with
    std::uint32_t allowance_ = 0;   ///< retransmissions left …
    Clock::time_point allowedAt_{}; ///< … as of then
    Clock::time_point nextReport_{};
};

} // namespace spillway::relay::webrtc
