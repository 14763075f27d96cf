// From the RTP session of an rtpbin straight to the jitter buffer of each stream.
//
// Comes in: RTP that the session has counted. Goes out: what belongs to a stream that has begun, chained into
// its jitter buffer by the thread that brought it. All else goes on through rtpbin: first packets of an SSRC
// or of a payload type, which make elements and pads, and retransmissions. So a packet spares eight pads,
// four elements that have nothing to do for it, and the search of rtpssrcdemux through a list of all SSRCs.
// Owner: PeerStreams, shared with its handlers.
#pragma once

#include "relay/gst/ref.h"

#include <gst/gst.h>

#include <cstdint>
#include <memory>

namespace spillway::relay {

class Shortcut {
  public:
    Shortcut();
    /// When no data flows any more.
    ~Shortcut();
    Shortcut(const Shortcut&) = delete;
    Shortcut& operator=(const Shortcut&) = delete;

    /// Of what this pad pushes: `recv_rtp_src` of an rtpsession. Any thread, before data flows.
    void begin(GstPad* session);
    /// For what has this SSRC; the jitter buffer is one of ours. Any thread, never waits.
    void add(std::uint32_t ssrc, GstElement* jitterBuffer);
    /// From now on what has this SSRC goes on through rtpbin. Waits for what is under way; false when that
    /// has not passed after a moment. Any thread but a streaming one.
    bool remove(std::uint32_t ssrc);

  private:
    struct Stream;
    struct Table;

    const std::shared_ptr<Table> table_; ///< with the probes
};

} // namespace spillway::relay
