// ICE and DTLS of one webrtcbin: how far the connection is, and the gate that media passes.
//
// Comes in: notifications of webrtcbin and of the dtlssrtpdec inside it, on threads of GStreamer's own. Goes
// out: TransportEvents on the loop, and an open gate once the certificate matched.
// The certificate is compared inside the TLS handshake, before there are any keys, so that no packet passes
// unverified and the first keyframe is not lost. Owner: the Peer. Loop thread.
#pragma once

#include "relay/base/loop.h"
#include "relay/gst/signal.h"
#include "relay/peer/decryption.h"
#include "relay/sdp/fingerprint.h"
#include "relay/values/negotiation.h"

#include <functional>
#include <memory>
#include <string>

namespace spillway::relay {

struct TransportEvents {
    std::function<void()> onIceConnected;
    /// DTLS is up and the certificate matched.
    std::function<void()> onConnected;
    std::function<void(LostCause, std::string detail)> onLost;
};

class PeerTransport {
  public:
    /// `source`, if any, takes the place of nicesrc. Whoever receives puts DTLS and RTCP into webrtcbin's
    /// queue, and need not wait. The events come until this object is gone.
    PeerTransport(Loop& loop, GstElement* webrtcbin, std::shared_ptr<Decryption> decryption,
                  gst::Ref<GstElement> source, TransportEvents events);
    ~PeerTransport();
    PeerTransport(const PeerTransport&) = delete;
    PeerTransport& operator=(const PeerTransport&) = delete;

    /// What the certificate must match. Before the local description is set: until then no handshake
    /// succeeds.
    void expect(sdp::Fingerprint fingerprint);

  private:
    struct Shared;

    void onIceState(int state);

    TransportEvents events_;
    std::shared_ptr<Shared> shared_; ///< with the handlers, which may still run when this object goes
    gst::SignalConnection elementAdded_;
    gst::SignalConnection iceState_;
    Lifetime lifetime_;
};

} // namespace spillway::relay
