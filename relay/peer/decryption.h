// SRTP and SRTCP of one peer, decrypted by us in the place of GStreamer's srtpdec.
//
// Comes in: SRTP from the port or the NiceReader; SRTCP from webrtcbin; the keys, from dtlsdec. Goes out: RTP
// without its CSRCs into the Inlet, RTCP into rtpbin. Nothing passes before the certificate matched
// (ReceiveGate), and nothing is kept of a packet that is not authentic. Owner: the Peer, shared with handlers
// and the port.
//
// RTP and RTCP may come from a thread each. Packets that overtake the end of the handshake wait for the keys:
// otherwise the first keyframe of a publisher would be lost.
#pragma once

#include "relay/gst/probe.h"
#include "relay/gst/ref.h"
#include "relay/gst/signal.h"
#include "relay/ingest/media_sink.h"
#include "relay/peer/inlet.h"
#include "relay/peer/receive_gate.h"
#include "relay/srtp/rtcp_receiver.h"
#include "relay/srtp/rtp_receiver.h"

#include <gst/gst.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace spillway::relay {

/// Packets of all peers, since the start, that were forged, replayed or malformed. Any thread.
std::uint64_t rejectedPackets();

class Decryption : public ingest::MediaSink, public std::enable_shared_from_this<Decryption> {
  public:
    /// Packets that wait for the keys, at most.
    static constexpr std::size_t maxEarly = 64;

    struct Settings {
        ingest::SlowLane* lane = nullptr; ///< where SRTP comes from the port
        std::size_t maxReporters = 64;    ///< SSRCs that RTCP may come from at a time
    };

    Decryption(std::shared_ptr<ReceiveGate> gate, Settings settings);

    /// On the thread that adds the dtlssrtpdec, before data can reach it. `onUnusable` runs on the thread
    /// that receives, when the keys are of no use. `rtpbin` lives as long as the other. A second transport of
    /// the peer is of no use at once: its data is dropped.
    void attach(GstElement* dtlssrtpdec, GstElement* rtpbin, std::function<void(std::string why)> onUnusable);

    void onSrtp(MutableBytes packet) override;

    const std::shared_ptr<ReceiveGate>& gate() const { return gate_; }

    /// While it lives the thread of the port never waits for this peer.
    Inlet::Detour detour() { return Inlet::Detour(*inlet_); }

  private:
    /// Whether they are of use.
    bool onKeys(GstElement* dtlsdec);
    void begin(GstElement* dtlssrtpdec, GstElement* rtpbin);
    /// The plain packet, within the other; empty when that is not authentic.
    MutableBytes decrypt(MutableBytes packet);
    void take(MutableBytes packet);
    void onRtcpBuffer(gst::Ref<GstBuffer> buffer);

    const std::shared_ptr<ReceiveGate> gate_;
    const Settings settings_;
    const gst::Ref<GstElement> rtcpSource_;
    const gst::Ref<GstElement> rtpSource_;
    const std::shared_ptr<Inlet> inlet_;
    std::function<void(std::string)> onUnusable_;
    gst::SignalConnection keys_;
    std::vector<gst::PadProbe> probes_;

    std::optional<srtp::RtpReceiver> rtp_;   ///< of the thread that RTP comes by
    std::optional<srtp::RtcpReceiver> rtcp_; ///< of the thread that RTCP comes by
    std::atomic<bool> keyed_{false};         ///< set once both are there
    std::vector<std::vector<std::uint8_t>> early_;
};

} // namespace spillway::relay
