// One track of one viewer at its worker: from the track's feed to the wire.
//
// Comes in: frames, a batch at a time. Goes out: SRTP, in bursts, and sender reports. While the viewer can
// take what comes, it goes straight to the wire; else it waits in the viewer's own queue, which drops by its
// own rules, and all that follows goes behind it until the queue is empty again. A viewer begins with a
// keyframe: the one that it finds in the feed's recent packets, if that is not old, else the next one, which
// it wishes for. What it wishes for later its allowance bounds, and over a path that loses too much, video
// goes out as keyframes alone. Worker thread.
#pragma once

#include "relay/outputs/webrtc/media/keyframe_allowance.h"
#include "relay/outputs/webrtc/media/sent_keyframe.h"
#include "relay/outputs/webrtc/media/thinning.h"
#include "relay/outputs/webrtc/media/viewer_stream.h"
#include "relay/outputs/webrtc/worker/batch.h"
#include "relay/outputs/webrtc/worker/feed.h"
#include "relay/outputs/webrtc/worker/share.h"
#include "relay/port/sockets.h"
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
    ViewerStreamSettings stream;
    std::shared_ptr<Feed> feed;   ///< shared by the worker's viewers of this track
    std::shared_ptr<Share> share; ///< the viewer's, of the feed
    std::function<void(WishReason)> wish;
    Histogram* firstKeyframe = nullptr; ///< seconds until one came; may be null
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
    /// Gives up what waits.
    ~Channel();
    Channel(const Channel&) = delete;
    Channel& operator=(const Channel&) = delete;

    /// Of every batch of the feed, in order, exactly one of these three.
    /// Writes it to the wire's burst, which is still to be flushed. False when the track has another codec
    /// now than the viewer agreed to: then nothing is sent.
    bool send(const Batch& batch, Wire& wire, Clock::time_point now);
    void keepBack(const Batch& batch);
    void giveUp(const Batch& batch);

    /// Whether something waits in the queue, or was dropped there and a keyframe is awaited.
    bool isBehind() const { return behind_; }
    /// Sends what waits in the queue, a batch at most, and returns how many frames that were. Nothing as
    /// send().
    std::optional<std::size_t> serve(Wire& wire, Clock::time_point now);
    /// By the sequence number that the viewer knows. It waits in the burst until the session flushes.
    void retransmit(std::uint16_t sequence, Wire& wire, Clock::time_point now);
    void onReport(const rtp::ReceptionReport& report, Clock::time_point now);
    void onKeyframeWanted(Wire& wire, Clock::time_point now);
    /// What is due: a wish that has waited, a sender report.
    void tick(Wire& wire, Clock::time_point now);
    /// The path takes so little that nothing may be sent any more (RFC 8083).
    bool isBroken() const { return thinning_.isBroken(); }
    void goodbye(Wire& wire, Clock::time_point now);

    bool sends(std::uint32_t ssrc) const;
    const std::shared_ptr<Feed>& feed() const { return setup_.feed; }

  private:
    /// What became of the packets of a batch.
    struct Sent {
        std::size_t delivered = 0;
        std::size_t early = 0;   ///< before the first that the viewer can begin with
        std::size_t thinned = 0; ///< more than its path takes
        /// The rest, of so many frames.
        std::size_t lostOf(std::size_t frames) const { return frames - delivered - early - thinned; }
    };

    bool fits(const Batch& batch);
    bool fits(const Frame& frame);
    void noteKeyframe(const Batch& batch);
    std::optional<Sent> write(const Batch& batch, Wire& wire, Clock::time_point now);
    std::size_t begin(const Batch& batch, Wire& wire, Clock::time_point now);
    bool beginWithRecent(const Batch& batch, Wire& wire, Clock::time_point now);
    bool mayPad() const;
    static MutableBytes roomFor(std::size_t bytes, Wire& wire);
    bool write(const Batch::Packet& packet, Wire& wire, Clock::time_point now);
    void writeKept(const Frame& frame, Wire& wire, Clock::time_point now);
    std::size_t writeInto(MutableBytes room, const Batch::Packet& packet, Wire& wire, Clock::time_point now);
    static bool add(MutableBytes packet, Wire& wire);
    bool isVideo() const { return setup_.feed->kind() == MediaKind::video; }
    void noteSent(const Frame& frame, MutableBytes packet, Clock::time_point now);
    bool repeatKeyframe(Wire& wire, Clock::time_point now);
    void want(WishReason why, Clock::time_point now);
    void report(Wire& wire, Clock::time_point now);
    static void sendRtcp(std::vector<std::uint8_t> packet, Wire& wire);
    void publish() const;

    ChannelSetup setup_;
    ViewerStream stream_;
    ViewerReception reception_;                  ///< by the last report
    std::shared_ptr<const StreamFormat> format_; ///< the last that fits
    const Clock::time_point came_ = Clock::now();
    bool behind_ = false;
    enum class Start { waits, wished, begun } start_ = Start::waits; ///< for and with a keyframe
    std::uint32_t allowance_ = 0;                                    ///< retransmissions left …
    Clock::time_point allowedAt_{};                                  ///< … as of then
    Clock::time_point nextReport_{};
    Thinning thinning_;
    SentKeyframe keyframe_;
    KeyframeAllowance allowed_;
    WishReason wishedFor_ = WishReason::viewer;
};

} // namespace spillway::relay::webrtc
