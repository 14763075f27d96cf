// A named conversation: its participants, their peers and their tracks.
//
// Comes in: offers, candidates and news from a connector. Goes out: answers to it, tracks to the
// subscriptions. Knows no signalling protocol. Owner: Relay. Loop thread.
#pragma once

#include "config/settings.h"
#include "relay/peer/peer.h"
#include "relay/values/snapshot.h"

#include <cstdint>
#include <functional>
#include <map>
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
    std::function<void(LocalDescription)> onAnswer;
    /// Loop, at most once: the session ended by itself (lost) or was replaced by a newer one of the same
    /// participant; never after removePeer().
    std::function<void(LostCause cause, std::string detail)> onEnded;
};

/// Who sends on an m-line of an SFU's description, and what: both are names (config/name.h).
struct LineOwner {
    std::string participant;
    std::string source; ///< `camera`, `microphone`, `screen` …

    auto operator<=>(const LineOwner&) const = default; // NOLINT(modernize-use-nullptr): false there
};
/// By `a=mid`. A line that is not in it carries nothing now.
using LineOwners = std::map<std::string, LineOwner>;

/// Who is in the call by signalling, whether it sends or not.
struct Member {
    std::string name;    ///< a name (config/name.h)
    std::string display; ///< as signalling has it

    bool operator==(const Member&) const = default;
};

/// A peer towards an SFU or media server, where this daemon is the guest.
struct GuestRequest {
    /// Beside those of the configuration.
    std::vector<config::IceServer> iceServers;
    bool loopbackOnly = false;
};

struct GuestEvents {
    /// Loop, once for each acceptOffer(), in their order: the answer for the SFU, or why there is none. After
    /// an error of kind `newPeer` this peer can follow the SFU no further and another takes over.
    std::function<void(LocalDescription)> onAnswer;
    /// Loop, once after createOffer(): our offer, with all candidates that came in time.
    std::function<void(LocalDescription)> onOffer;
    /// Loop: a candidate of ours that came after the description that should have held it.
    std::function<void(std::string mid, std::string candidate)> onCandidate;
    /// Loop: media passes. Guests of this call that were there before have ended.
    std::function<void()> onConnected;
    /// Loop, at most once: the peer is gone already; its tracks wait for the next one.
    std::function<void(LostCause cause, std::string detail)> onLost;
    /// Loop, only with `unwatched: pause`: nobody has watched this track for `linger`, or somebody does
    /// again.
    std::function<void(const LineOwner& track, bool wanted)> onWanted;
};

class Call {
  public:
    virtual ~Call() = default;

    virtual const config::CallSettings& settings() const = 0;

    /// The state of the connector, for status, metrics and events; `detail` is why (empty: nothing to say).
    virtual void setState(CallState state, const std::string& detail) = 0;
    /// A connector joins anew because of this, for metrics.
    virtual void countReconnect(LostCause cause) = 0;

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

    /// A guest's peer; it takes offers or makes one. Older guests of this call go when it is connected.
    virtual PeerId addGuest(const GuestRequest& request, GuestEvents events) = 0;
    /// The SFU's offer, the first or a later one, and who sends on its lines. One is answered at a time;
    /// further ones wait.
    virtual void acceptOffer(PeerId guest, const std::string& sdp, const LineOwners& owners) = 0;
    /// For servers that want an offer: to receive one video and one audio.
    virtual void createOffer(PeerId guest) = 0;
    /// The answer to it; `owners` by the mids of our offer, `0` is video and `1` is audio. False when it
    /// cannot be read or the peer is gone.
    virtual bool acceptAnswer(PeerId guest, const std::string& sdp, const LineOwners& owners) = 0;
    /// News by signalling without an offer. Tracks of lines that have another owner or none any more end; a
    /// line that gets an owner makes a track with its next packet.
    virtual void setOwners(PeerId guest, const LineOwners& owners) = 0;
    /// All who are in the call now.
    virtual void setMembers(std::vector<Member> members) = 0;
    /// The peer ends; its tracks keep name and subscribers and wait for the next guest. (removePeer() ends
    /// them.)
    virtual void suspendGuest(PeerId guest) = 0;
};

} // namespace spillway::relay
