// One webrtcbin in a pipeline of its own that receives: offers in, answers and media out; or, for servers
// that want it so, one offer out and its answer in.
//
// Comes in: descriptions, candidates, RTP over ICE and DTLS. Goes out: descriptions, and for each incoming
// stream one IncomingPad on the streaming thread, later PeerEvents on the loop. Never lets media pass before
// the peer's certificate matched the fingerprint of the offer, never waits on a promise without a deadline,
// never changes the state of its pipeline from a thread of GStreamer's own.
//
// Owner: a Feeder of the call. Loop thread, but for PeerEvents::onPad.
#pragma once

#include "relay/base/audience.h"
#include "relay/base/clock.h"
#include "relay/base/loop.h"
#include "relay/gst/bus_watch.h"
#include "relay/gst/pipeline.h"
#include "relay/gst/signal.h"
#include "relay/peer/negotiation.h"
#include "relay/peer/rate_limit.h"
#include "relay/peer/receive_gate.h"
#include "relay/peer/rtcp_exit.h"
#include "relay/peer/rtcp_filter.h"
#include "relay/peer/settings.h"
#include "relay/peer/streams.h"
#include "relay/peer/transport.h"
#include "relay/sdp/line_lens.h"
#include "relay/sdp/remote_description.h"
#include "relay/values/negotiation.h"

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace spillway::relay {

namespace ingest {
class Entry;
}
class Decryption;
class NiceReader;

struct PeerEvents {
    /// Streaming thread, inside `pad-added`: must link the pad before it returns. A second pad of the same
    /// SSRC (the sender changed the payload type) takes the place of the first, for which no onPadGone comes;
    /// when data comes on the first again, it is the first that counts.
    std::function<void(const IncomingPad&)> onPad;
    /// Loop. The pad of this SSRC is gone or at its end (RTCP BYE, EOS, pad-removed). After a BYE, data on it
    /// means that the sender is back.
    std::function<void(std::uint32_t ssrc)> onPadGone;
    /// Loop. DTLS is up and the certificate matched; media passes from here on.
    std::function<void()> onConnected;
    /// Loop, at most once. The peer carries nothing any more. In a turn of its own, so the owner may destroy
    /// the Peer inside.
    std::function<void(LostCause, std::string detail)> onLost;
    /// Loop. One of our candidates, gathered too late for the description.
    std::function<void(const std::string& mid, const std::string& candidate)> onCandidate = {};
};

class Peer {
  public:
    /// Throws std::runtime_error when GStreamer lacks an element; names it.
    Peer(Loop& loop, PeerSettings settings, PeerEvents events);
    ~Peer();
    Peer(const Peer&) = delete;
    Peer& operator=(const Peer&) = delete;

    /// Answers, with all candidates gathered, within `deadline`. Of a publisher only the first offer is
    /// taken; an SFU's next ones wait while one is being answered. `onBegin` runs when an offer begins to
    /// count: streams that it announces come after that.
    void acceptOffer(const std::string& sdp, std::chrono::milliseconds deadline,
                     std::function<void(LocalDescription)> onAnswer, std::function<void()> onBegin = {});

    /// Our own offer, once, first: mid `0` receives video, `1` audio.
    void createOffer(std::chrono::milliseconds deadline, std::function<void(LocalDescription)> onOffer);
    /// The answer to it; what is wrong with it, if anything.
    std::optional<NegotiationError> acceptAnswer(const std::string& sdp);

    /// A remote candidate (`candidate:…`, RFC 8839 section 5.1) for the m-line with this mid; empty is
    /// end-of-candidates. False if there is no such line or the text is not a candidate.
    bool addCandidate(const std::string& mid, const std::string& candidate);

    bool connected() const;
    /// The ICE user fragment of the remote description: what a trickle PATCH must name (RFC 9725
    /// section 4.3).
    std::string remoteUfrag() const;
    /// Since the last packet of any stream, RTP or RTCP.
    Clock::duration silence() const;
    /// Whether the SFU's present description lets that line send with this SSRC.
    bool announces(const std::string& mid, std::uint32_t ssrc) const;
    /// The mids of the lines that the other side sends on, by its present description.
    std::map<std::string, MediaKind> lines() const;
    /// An SFU's silence is a loss only while this is true.
    void expectMedia(bool expected);
    /// Packets that RTP statistics say were lost on the way to us, for this SSRC.
    std::uint64_t lostPackets(std::uint32_t ssrc) const;
    /// Removes the jitter buffer of an SSRC that has ended, some seconds after its end. False: it is
    /// to be tried again later.
    bool forgetSsrc(std::uint32_t ssrc);

    /// Whether it can be told what to send at most: `limitsRate`, and its description takes REMB.
    bool takesRateLimit() const;
    /// Tells it, in bits per second, or that there is no limit any more. Only where it takes that.
    void limitRate(std::optional<std::uint64_t> limit);
    std::optional<std::uint64_t> rateLimit() const;

  private:
    enum class Stage { idle, negotiating, connecting, secured, connected, lost }; // moves forward only

    struct PendingOffer {
        std::string sdp;
        std::chrono::milliseconds deadline;
        std::function<void(LocalDescription)> onAnswer;
        std::function<void()> onBegin;
    };

    void answerNext();
    void answer(PendingOffer pending);
    /// Reads the offer and looks at it through the lens.
    std::variant<sdp::RemoteDescription, NegotiationError> read(const std::string& sdp);
    /// What is in force from now on.
    void describe(sdp::RemoteDescription description);
    bool isSilent() const;
    /// By libnice, before the other side learns where, by this description; once. When that cannot begin, it
    /// is the description's error.
    void receive(LocalDescription& ours);
    void onAnswered();
    /// Our side of it, once our answer is given away.
    void beginIce();
    /// With the candidates of the offer in force.
    void startChecks();
    /// With all candidates, of which none has worked so far.
    void checkAgain();
    void addRemoteCandidate(const std::string& candidate);
    void onConnected();
    void onError(GstMessage* message);
    /// Looks for a peer that never connects or has gone silent.
    void watch();
    /// Ends the peer: no more media passes, and onLost runs, once.
    void lose(LostCause cause, std::string detail);
    TransportEvents transportEvents();
    StreamEvents streamEvents();

    Loop& loop_;
    PeerSettings settings_;
    PeerEvents events_;
    Stage stage_ = Stage::idle;
    Clock::time_point answeredAt_;
    Clock::time_point checkedAt_;
    Clock::time_point statisticsAt_;
    std::vector<std::string> trickled_;      ///< candidates of the peer
    std::deque<PendingOffer> pendingOffers_; ///< of an SFU, behind the one that is being answered
    bool expectsMedia_ = false;              ///< of an SFU
    sdp::LineLens lens_;
    std::shared_ptr<const sdp::RemoteDescription> description_; ///< the peer's, in force
    std::vector<sdp::MediaLine> ours_; ///< what our offer can receive; empty without one
    std::shared_ptr<ReceiveGate> gate_ = std::make_shared<ReceiveGate>();
    const std::shared_ptr<Decryption> decryption_;
    gst::Pipeline pipeline_{nullptr};
    std::unique_ptr<ingest::Entry> entry_;     ///< null: ICE is libnice's
    std::unique_ptr<NiceReader> reader_;       ///< of libnice's sockets; null with `entry_`
    const std::shared_ptr<Audience> audience_; ///< of the thread that receives
    gst::Ref<GstElement> webrtcbin_;
    gst::SignalConnection newTransceiver_;
    // These end in the destructor, some before the pipeline stops and some after.
    std::optional<RtcpFilter> rtcpFilter_; ///< of an SFU
    std::shared_ptr<RtcpExit> rtcpExit_;
    std::optional<RateLimit> rateLimit_; ///< null without `limitsRate`
    std::optional<PeerTransport> transport_;
    std::optional<PeerStreams> streams_;
    std::optional<PeerNegotiation> negotiation_;
    gst::BusWatch bus_;
    Timer watchTimer_;
    Timer checksTimer_;
    Lifetime lifetime_;
};

} // namespace spillway::relay
