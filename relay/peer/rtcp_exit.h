// Where RTCP of our own leaves for the peer: behind rtpbin, in the name of its RTP session.
//
// Comes in: a packet to write. Goes out: that packet, in the same turn. The RTP session itself sends one
// early report and then none until the next regular one, seconds later, whoever asks (RFC 4585
// section 3.5.2).
//
// Owner: the Peer, shared with who may outlive it. Loop thread; what the session sends is seen on GStreamer's
// own.
#pragma once

#include "relay/base/bytes.h"
#include "relay/gst/ref.h"
#include "relay/gst/signal.h"

#include <gst/gst.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

namespace spillway::relay {

class RtcpExit {
  public:
    /// The packet, in the name of `sender`, whose SDES packet is `description`; that is empty where it has
    /// none.
    using Write = std::function<std::vector<std::uint8_t>(std::uint32_t sender, Bytes description)>;

    /// Before the first description is set. Throws std::runtime_error when webrtcbin has no rtpbin.
    explicit RtcpExit(GstElement* webrtcbin);
    RtcpExit(const RtcpExit&) = delete;
    RtcpExit& operator=(const RtcpExit&) = delete;

    /// DTLS is up: what is sent from now on does not wait for it.
    void open();
    /// False, and nothing is sent, before the session has sent anything, or while it would have to wait.
    bool send(const Write& write) const;

  private:
    struct Session;

    const gst::Ref<GstElement> rtpbin_;
    const std::shared_ptr<Session> session_; ///< with the probes
    gst::SignalConnection padAdded_;
};

} // namespace spillway::relay
