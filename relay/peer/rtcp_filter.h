// What RTCP passes between rtpbin and an SFU. A publisher's passes as it is.
//
// Out: each feedback message leaves in a packet of its own (rtp/rtcp_split.h says how and why). In: reports
// on SSRCs that the description does not name are dropped, for which rtpbin would make a stream: Janus goes
// on reporting for lines that carry nothing any more. Owner: the Peer. Loop thread; packets on GStreamer's
// own.
#pragma once

#include "relay/gst/signal.h"
#include "relay/sdp/remote_description.h"

#include <gst/gst.h>

#include <memory>

namespace spillway::relay {

class RtcpFilter {
  public:
    /// Before the first description is set. Throws std::runtime_error when webrtcbin has no rtpbin.
    explicit RtcpFilter(GstElement* webrtcbin);

    /// What SSRCs may report from now on; until then all may.
    void setDescription(std::shared_ptr<const sdp::RemoteDescription> description);

  private:
    struct Described;

    std::shared_ptr<Described> described_; ///< with the probes
    gst::SignalConnection padAdded_;
};

} // namespace spillway::relay
