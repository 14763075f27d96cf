// The incoming streams of one webrtcbin: from the jitter buffer of an SSRC to the pad that the owner links.
//
// Comes in: `pad-added`, `pad-removed`, RTCP BYE and EOS, on threads of GStreamer's own. Goes out:
// IncomingPad on the very streaming thread, `onGone` once for each pad on the loop. Never leaves a pad
// without a consumer, never lets EOS or what comes after it pass. Owner: the Peer. Loop thread.
#pragma once

#include "relay/base/loop.h"
#include "relay/gst/ref.h"
#include "relay/gst/signal.h"
#include "relay/jitter/timers.h"
#include "relay/peer/decryption.h"
#include "relay/peer/settings.h"
#include "relay/rtp/sender_clock.h"
#include "relay/sdp/remote_description.h"

#include <gst/gst.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

namespace spillway::relay {

struct StreamEvents {
    std::function<void(const IncomingPad&)> onPad;  ///< streaming thread
    std::function<void(std::uint32_t ssrc)> onGone; ///< loop
    std::function<void()> onTooMany;                ///< loop
};

struct ExpectedStreams {
    std::size_t most; ///< at once
    rtp::SenderClocks::Senders senders;
};

class PeerStreams {
  public:
    /// Throws std::runtime_error when webrtcbin is not as it should be.
    PeerStreams(Loop& loop, GstElement* pipeline, GstElement* webrtcbin,
                std::shared_ptr<Decryption> decryption, ExpectedStreams expected, StreamEvents events);
    ~PeerStreams();
    PeerStreams(const PeerStreams&) = delete;
    PeerStreams& operator=(const PeerStreams&) = delete;

    /// What SSRCs and payload types belong to from now on. Before the local description is set: until then no
    /// stream of it appears.
    void setDescription(std::shared_ptr<const sdp::RemoteDescription> description);

    /// Reads the statistics of every jitter buffer; takes the lock of each for a moment.
    void readStatistics();
    /// As of the last reading.
    std::uint64_t lostPackets(std::uint32_t ssrc) const;
    /// Removes pads and jitter buffer of the SSRC; should it send again, it is a new stream. False:
    /// something is still under way in there; all is as it was, but no more data comes. Try again.
    bool forget(std::uint32_t ssrc);

  private:
    struct Shared;

    GstElement* webrtcbin_;
    const std::shared_ptr<Decryption> decryption_;
    gst::Ref<GstElement> rtpbin_;
    std::shared_ptr<jitter::Timers> timers_; ///< of the jitter buffers
    StreamEvents events_;
    std::shared_ptr<Shared> shared_; ///< with the handlers, which may still run when this object goes
    std::vector<gst::SignalConnection> connections_;
    Lifetime lifetime_;
};

} // namespace spillway::relay
