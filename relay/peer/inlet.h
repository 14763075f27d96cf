// From the decrypted RTP of one peer into its rtpbin: at once, or by the slow lane where that may take long.
//
// Comes in: RTP packets in order, from the thread that receives. Goes out: the same, pushed into `source` by
// whoever brought them, unless the packet is the first of its stream, of its payload type or after a silence
// (GStreamer may make elements then, and the owner of the new pad may wait for the main loop), or a stream is
// being forgotten. For a second after such a packet all goes that way, and until all has passed. Without a
// lane everything is pushed at once: the thread is then the peer's own.
#pragma once

#include "relay/base/clock.h"
#include "relay/gst/ref.h"
#include "relay/ingest/slow_lane.h"
#include "relay/rtp/packet.h"

#include <gst/gst.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <unordered_map>

namespace spillway::relay {

class Inlet : public ingest::SlowLane::Traffic, public std::enable_shared_from_this<Inlet> {
  public:
    /// What waits for the lane at most; a keyframe of a fast sender. The rest is dropped: dropped() counts
    /// it, and the log tells it once a second.
    static constexpr std::size_t maxWaiting = 1024;
    /// Of a stream: rtpbin may have freed it meanwhile. And for how long all goes by the lane after a first
    /// packet: the jitter buffer may let it go only with one that comes later, also of another SSRC (RTX).
    static constexpr std::chrono::seconds silence{1};

    /// `source` is a gst::makeLiveSource(); `lane` outlives whoever pushes.
    Inlet(gst::Ref<GstElement> source, ingest::SlowLane* lane)
        : source_(std::move(source))
        , lane_(lane) {}

    /// The thread that receives.
    void push(gst::Ref<GstBuffer> buffer, std::uint32_t ssrc, std::uint8_t payloadType);

    /// While it lives, everything goes by the lane: a push may have to wait. Any thread but one that pushes.
    class Detour {
      public:
        explicit Detour(Inlet& inlet);
        ~Detour();
        /// The next packet of this SSRC goes by the lane as a first one does.
        void expectNew(std::uint32_t ssrc);
        Detour(const Detour&) = delete;
        Detour& operator=(const Detour&) = delete;

      private:
        const std::shared_ptr<Inlet> inlet_;
    };

    /// Packets so far. Any thread.
    std::uint64_t dropped() const;

    bool turn() override;

  private:
    struct Source {
        std::uint8_t payloadType;
        Clock::time_point heard;
    };

    bool isNew(std::uint32_t ssrc, std::uint8_t payloadType, Clock::time_point now);
    void drop(std::uint32_t ssrc, Clock::time_point now);

    const gst::Ref<GstElement> source_;
    ingest::SlowLane* const lane_;

    mutable std::mutex mutex_; ///< protects what follows; held during a push of the thread that receives
    std::deque<gst::Ref<GstBuffer>> waiting_;
    bool inLane_ = false; ///< until a turn finds nothing more
    std::uint64_t dropped_ = 0;
    Clock::time_point toldDrops_{};
    Clock::time_point slowUntil_{};
    int detours_ = 0;
    std::unordered_map<std::uint32_t, Source> sources_; ///< by SSRC
};

} // namespace spillway::relay
