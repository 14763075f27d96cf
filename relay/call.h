// A named conversation: its participants, their peers and their tracks.
//
// Comes in: offers, candidates and news from a connector. Goes out: answers to it, tracks to the
// subscriptions. Knows no signalling protocol. Owner: Relay. Loop thread.
#pragma once

#include "config/settings.h"
#include "relay/peer.h"
#include "relay/snapshot.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace spillway::relay {

using PeerId = std::uint64_t;

/// One publishing session of one participant (WHIP, test).
struct PublishRequest {
    std::string participant;           ///< a name (config/name.h)
    std::string display;               ///< as signalling has it
    std::string offer;                 ///< SDP
    std::string videoSource = "video"; ///< what the tracks are called; a second of a kind gets `-2`
    std::string audioSource = "audio";
    bool loopbackOnly = false;
};

struct PublishEvents {
    /// Loop, once: the answer, or why there is none (then the session is gone already).
    std::function<void(Answer)> onAnswer;
    /// Loop, at most once: the session ended by itself (lost) or was replaced by a newer one of the same
    /// participant; never after removePeer().
    std::function<void(LostCause cause, std::string detail)> onEnded;
};

class Call {
  public:
    virtual ~Call() = default;

    virtual const config::CallSettings& settings() const = 0;

    /// The state of the connector, for status and metrics.
    virtual void setState(CallState state) = 0;

    /// Starts a session. A session of the same participant is kept until this one is connected, then ended;
    /// its tracks keep name and subscribers. Throws Refused (relay.h) when a limit is reached.
    virtual PeerId publish(const PublishRequest& request, PublishEvents events) = 0;
    virtual bool addCandidate(PeerId peer, const std::string& mid, const std::string& candidate) = 0;
    virtual std::string remoteUfrag(PeerId peer) const = 0;
    /// The participant leaves: its tracks end. False when there is no such session (any more).
    virtual bool removePeer(PeerId peer) = 0;

    /// News by signalling: this source is switched off (its track ends, late packets are dropped) or on
    /// again.
    virtual void sourceOff(PeerId peer, const std::string& source) = 0;
    virtual void sourceOn(PeerId peer, const std::string& source) = 0;
};

} // namespace spillway::relay
