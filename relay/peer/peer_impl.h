// The parts of a Peer and how they are put together. Private to peer.cpp. Loop thread.
#pragma once

#include "relay/gst/bus_watch.h"
#include "relay/gst/pipeline.h"
#include "relay/peer/negotiation.h"
#include "relay/peer/peer.h"
#include "relay/peer/receive_gate.h"
#include "relay/peer/streams.h"
#include "relay/peer/transport.h"
#include "relay/sdp/line_lens.h"

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace spillway::relay {

struct Peer::Impl {
    Impl(Loop& mainLoop, PeerSettings peerSettings, PeerEvents peerEvents);
    ~Impl();

    enum class Stage { idle, negotiating, connecting, secured, connected, lost }; // moves forward only

    struct PendingOffer {
        std::string sdp;
        std::chrono::milliseconds deadline;
        std::function<void(LocalDescription)> onAnswer;
        std::function<void()> onBegin;
    };

    void acceptOffer(PendingOffer pending);
    void answerNext();
    void answer(PendingOffer pending);
    /// Reads the offer and looks at it through the lens.
    std::variant<sdp::RemoteDescription, NegotiationError> read(const std::string& sdp);
    void createOffer(std::chrono::milliseconds deadline, std::function<void(LocalDescription)> onOffer);
    std::optional<NegotiationError> acceptAnswer(const std::string& sdp);
    /// What is in force from now on.
    void describe(std::shared_ptr<const sdp::RemoteDescription> description);
    bool isSilent() const;
    void onAnswered();
    /// With the candidates of the offer in force.
    void startChecks();
    /// With all candidates, of which none has worked so far.
    void checkAgain();
    void addRemoteCandidate(const std::string& candidate);
    void onConnected();
    void onError(GstMessage* message);
    /// Looks for a peer that never connects or has gone silent.
    void watch();
    /// Ends the peer: no more media passes, and the owner is told, once.
    void lose(LostCause cause, std::string detail);

    Loop& loop;
    PeerSettings settings;
    PeerEvents events;
    Stage stage = Stage::idle;
    Clock::time_point answeredAt;
    Clock::time_point checkedAt;
    Clock::time_point statisticsAt;
    std::vector<std::string> trickled;      ///< candidates of the peer
    std::deque<PendingOffer> pendingOffers; ///< of an SFU, behind the one that is being answered
    bool expectsMedia = false;              ///< of an SFU
    sdp::LineLens lens;
    std::shared_ptr<const sdp::RemoteDescription> offer; ///< the peer's description in force
    std::vector<sdp::MediaLine> ours;                    ///< what our offer can receive; empty without one
    std::shared_ptr<ReceiveGate> gate = std::make_shared<ReceiveGate>();
    gst::Pipeline pipeline{nullptr};
    gst::Ref<GstElement> webrtcbin;
    gst::SignalConnection newTransceiver;
    std::optional<PeerTransport> transport;
    std::optional<PeerStreams> streams;
    std::optional<PeerNegotiation> negotiation;
    gst::BusWatch bus;
    Timer watchTimer;
    Timer checksTimer;
    Lifetime lifetime;
};

} // namespace spillway::relay
