// One webrtcbin in a pipeline of its own that receives: offers in, answers and media out; or, for servers
// that want it so, one offer out and its answer in.
//
// Comes in: descriptions, candidates, RTP over ICE and DTLS. Goes out: descriptions, and for each incoming
// stream one IncomingPad on the streaming thread, later PeerEvents on the loop. Never lets media pass before
// the peer's certificate matched the fingerprint of the offer, never waits on a promise without a deadline,
// never changes the state of its pipeline from a thread of GStreamer's own.
//
// Owner: the Call. Loop thread, but for PadHandler.
#pragma once

#include "config/settings.h"
#include "relay/base/loop.h"
#include "relay/queue/frame.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

using GstPad = struct _GstPad;
using GstElement = struct _GstElement;

namespace spillway::relay {

/// The label value of peer_lost_total: `ice`, `timeout`, `dtls`, `fingerprint`, `signalling`.
enum class LostCause { ice, timeout, dtls, fingerprint, signalling };
const char* lostCauseName(LostCause cause);

/// Why an offer was not answered.
struct NegotiationError {
    enum class Kind {
        malformed,   ///< theirs: not an SDP we can read (400)
        unsupported, ///< theirs: nothing in it that we can carry, or over the limits (422)
        internal,    ///< ours, or out of time (500)
        newPeer, ///< the offer is for a new transport (other ICE credentials): only another peer can take it
    };
    Kind kind;
    std::string detail;
};

struct Answer {
    std::string sdp;
    std::optional<NegotiationError> error; ///< when set, sdp is empty
};

/// Who is on the other side.
enum class PeerRole {
    publisher, ///< one participant: one offer; silence is its end
    sfu,       ///< many, who come and go: offers again and again, and silence while nobody sends
};

struct PeerSettings {
    std::string label; ///< for logs: `call=studio participant=alice`
    PeerRole role = PeerRole::publisher;
    /// At once. Each SSRC costs two threads, whoever made it up.
    std::size_t maxStreams = 16;
    /// All TURN servers are used, and of the STUN servers one: the next one for each `number`.
    std::vector<config::IceServer> iceServers;
    std::uint64_t number = 1; ///< of this peer among those of its call, from 1 on
    std::vector<config::Codec> videoCodecs;
    std::chrono::milliseconds mediaTimeout{15000};
    std::chrono::milliseconds jitter{100};
    /// Gather on loopback only: for two peers in one process.
    bool loopbackOnly = false;
};

/// A stream of the peer, as it appears on webrtcbin. Borrowed for the duration of the call.
struct IncomingPad {
    GstPad* pad;          ///< webrtcbin's source pad, `application/x-rtp`
    GstElement* pipeline; ///< what tees and branches are added to
    std::string mid;      ///< of the m-line that the SSRC belongs to by the peer's own SDP
    std::uint32_t ssrc;
    MediaKind kind;
};

struct PeerEvents {
    /// Streaming thread, inside `pad-added`: must link the pad before it returns. A second pad of the same
    /// SSRC (the sender changed the payload type) takes the place of the first, for which no onPadGone comes.
    std::function<void(const IncomingPad&)> onPad;
    /// Loop. The pad of this SSRC is gone or at its end (RTCP BYE, EOS, pad-removed).
    std::function<void(std::uint32_t ssrc)> onPadGone;
    /// Loop. DTLS is up and the certificate matched; media passes from here on.
    std::function<void()> onConnected;
    /// Loop, at most once. The peer carries nothing any more; its owner disposes it (not from inside this
    /// call's stack only if it posts; Peer allows its own destruction here).
    std::function<void(LostCause, std::string detail)> onLost;
    /// Loop. A candidate of ours that came after the description that should have held it.
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
                     std::function<void(Answer)> onAnswer, std::function<void()> onBegin = {});

    /// Our own offer, once, first: mid `0` receives video, `1` audio.
    void createOffer(std::chrono::milliseconds deadline, std::function<void(Answer)> onOffer);
    /// The answer to it; what is wrong with it, if anything.
    std::optional<NegotiationError> acceptAnswer(const std::string& sdp);

    /// A remote candidate (`candidate:…`, RFC 8839 section 5.1) for the m-line with this mid; empty is
    /// end-of-candidates. False when there is no such line or the text is none.
    bool addCandidate(const std::string& mid, const std::string& candidate);

    bool connected() const;
    /// The ICE user fragment of the remote description: what a trickle PATCH must name (RFC 9725
    /// section 4.3).
    std::string remoteUfrag() const;
    /// Since the last packet of any stream, RTP or RTCP.
    Clock::duration silence() const;
    /// Whether the SFU's present description lets that line send with this SSRC.
    bool announces(const std::string& mid, std::uint32_t ssrc) const;
    /// An SFU's silence is a loss only while this is true.
    void expectMedia(bool expected);
    /// Packets that RTP statistics say were lost on the way to us, for this SSRC.
    std::uint64_t lostPackets(std::uint32_t ssrc) const;
    /// Removes jitter buffer and threads of an SSRC that has ended, some seconds after its end. False: it is
    /// to be tried again later.
    bool forgetSsrc(std::uint32_t ssrc);

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace spillway::relay
