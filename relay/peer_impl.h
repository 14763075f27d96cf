// The parts of a Peer and how they are put together. Private to peer.cpp. Loop thread.
#pragma once

#include "relay/gst/bus_watch.h"
#include "relay/gst/pipeline.h"
#include "relay/peer.h"
#include "relay/peer_gate.h"
#include "relay/peer_negotiation.h"
#include "relay/peer_streams.h"
#include "relay/peer_transport.h"

#include <memory>
#include <optional>
#include <string>

namespace spillway::relay {

struct Peer::Impl {
    Impl(Loop& mainLoop, PeerSettings peerSettings, PeerEvents peerEvents);
    ~Impl();

    enum class Stage { idle, negotiating, connecting, secured, connected, lost }; // moves forward only

    void acceptOffer(const std::string& sdp, std::chrono::milliseconds deadline,
                     std::function<void(Answer)> onAnswer);
    void onAnswered();
    void onConnected();
    void onMessage(GstMessage* message);
    /// Looks for a peer that never connects or has gone silent.
    void watch();
    /// Ends the peer: no more media passes, and the owner is told, once.
    void lose(LostCause cause, std::string detail);

    Loop& loop;
    PeerSettings settings;
    PeerEvents events;
    Stage stage = Stage::idle;
    Clock::time_point answeredAt;
    Clock::time_point statisticsAt;
    std::size_t candidates = 0; ///< trickled by the peer
    std::shared_ptr<const sdp::Offer> offer;
    std::shared_ptr<ReceiveGate> gate = std::make_shared<ReceiveGate>();
    gst::Pipeline pipeline{nullptr};
    gst::Ref<GstElement> webrtcbin;
    gst::SignalConnection newTransceiver;
    std::optional<PeerTransport> transport;
    std::optional<PeerStreams> streams;
    std::optional<PeerNegotiation> negotiation;
    gst::BusWatch bus;
    Timer watchTimer;
    Lifetime lifetime;
};

} // namespace spillway::relay
