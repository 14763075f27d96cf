// A named conversation as signalling sees it: who publishes in it, and what we do in it as a guest.
//
// Comes in: offers, candidates and news from signalling. Goes out: answers, and tracks to the subscriptions.
// Knows no signalling protocol. A Publication or Guest belongs to whoever asked for it, and its destructor
// leaves the call; when the call goes first, or the peer is lost, it stays behind and does nothing. Its
// events come after the function that made it has returned, never after its destructor has begun, and may
// destroy it unless they say otherwise.
//
// Owner of a Call: Relay. Loop thread.
#pragma once

#include "config/settings.h"
#include "relay/values/negotiation.h"
#include "relay/values/snapshot.h"

#include <compare>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace spillway::relay {

/// One publishing session of one participant (WHIP, test).
struct PublishRequest {
    std::string participant;           ///< a name (config/name.h)
    std::string display;               ///< as signalling has it
    std::string offer;                 ///< SDP
    std::string videoSource = "video"; ///< what the tracks are called; a second of a kind gets `-2`
    std::string audioSource = "audio";
    bool loopbackOnly = false;
    /// Who asks, as far as limits go; empty: nobody from outside, and not limited.
    std::string client = {};
    /// The one source that it may feed; empty: any. A session takes over from its like alone.
    std::string only = {};
};

/// Why a publisher's session ended by itself.
enum class PublicationEnd {
    lost,     ///< the peer was
    replaced, ///< by a newer session of the same participant
    gaveWay,  ///< before it was connected, to one that came later
};

struct PublishEvents {
    /// Loop, once: the answer, or why there is none (then the session is over).
    std::function<void(LocalDescription answer)> onAnswer;
    /// Loop, at most once. The session is over.
    std::function<void(PublicationEnd why, std::string detail)> onEnded;
};

/// A participant's session. Destroying it is the participant's leaving: the tracks end.
class Publication {
  public:
    Publication() = default;
    Publication(const Publication&) = delete;
    Publication& operator=(const Publication&) = delete;
    virtual ~Publication() = default;

    /// A remote candidate for the m-line with this mid, empty for end-of-candidates. False when there is no
    /// such line, when the text is no candidate, and when the session is over.
    virtual bool addCandidate(const std::string& mid, const std::string& candidate) = 0;
    /// Of the offer: what a trickle PATCH must name. Empty when the session is over.
    virtual std::string remoteUfrag() const = 0;

    /// Signalling says that this source was switched off (its track ends, late packets are dropped) or on
    /// again (the next packet makes a track).
    virtual void sourceOff(const std::string& source) = 0;
    virtual void sourceOn(const std::string& source) = 0;
};

/// Who sends on an m-line of an SFU's description, and what: both are names (config/name.h).
struct LineOwner {
    std::string participant;
    std::string source; ///< `camera`, `microphone`, `screen` …

    auto operator<=>(const LineOwner&) const = default; // NOLINT(modernize-use-nullptr): false there
};
/// By `a=mid`. A line that is not in it carries nothing now.
using LineOwners = std::map<std::string, LineOwner>;

struct GuestRequest {
    /// Beside those of the configuration.
    std::vector<config::IceServer> iceServers;
    bool loopbackOnly = false;
};

struct GuestEvents {
    /// Loop, once for each acceptOffer(), in their order: the answer for the SFU, or why there is none. After
    /// an error of kind `newPeer` this peer can follow the SFU no further and another takes over.
    std::function<void(LocalDescription answer)> onAnswer;
    /// Loop, once after createOffer(): our offer, with all candidates that came in time.
    std::function<void(LocalDescription offer)> onOffer;
    /// Loop: one of our candidates, gathered too late for the description.
    std::function<void(std::string mid, std::string candidate)> onCandidate;
    /// Loop: media passes. Older guests of this call are over. Must not end the guest inside.
    std::function<void()> onConnected;
    /// Loop, at most once: the guest is over; its tracks wait for the next one.
    std::function<void(LostCause cause, std::string detail)> onLost;
    /// Loop, only with `unwatched: pause`: nobody has watched this track for `linger`, or somebody does
    /// again. Must not end the guest inside.
    std::function<void(const LineOwner& track, bool wanted)> onWanted;
};

/// Our peer towards an SFU or media server; it takes offers, or makes one. Destroying it leaves: its tracks
/// end.
class Guest {
  public:
    Guest() = default;
    Guest(const Guest&) = delete;
    Guest& operator=(const Guest&) = delete;
    virtual ~Guest() = default;

    /// The SFU's offer, the first or a later one, and who sends on its lines. One is answered at a time;
    /// further ones wait.
    virtual void acceptOffer(const std::string& sdp, const LineOwners& owners) = 0;
    /// For servers that want an offer: to receive one video and one audio.
    virtual void createOffer() = 0;
    /// The answer to it; `owners` by the mids of our offer, `0` is video and `1` is audio. Why it cannot be
    /// taken; nothing when it is.
    virtual std::optional<std::string> acceptAnswer(const std::string& sdp, const LineOwners& owners) = 0;
    /// Signalling says so, without an offer. Tracks whose line has another owner now, or none, end; a line
    /// that gets an owner makes a track with its next packet.
    virtual void setOwners(const LineOwners& owners) = 0;
    /// The peer ends; its tracks keep name and subscribers and wait for the next guest. The guest is over.
    virtual void suspend() = 0;
};

/// Who is in the call by signalling, whether it sends or not.
struct Member {
    std::string name;    ///< a name (config/name.h)
    std::string display; ///< as signalling has it

    bool operator==(const Member&) const = default;
};

/// What a guest needs of a call.
class GuestCall {
  public:
    GuestCall() = default;
    GuestCall(const GuestCall&) = delete;
    GuestCall& operator=(const GuestCall&) = delete;
    virtual ~GuestCall() = default;

    virtual const config::CallSettings& settings() const = 0;
    /// The state of our presence, for status, metrics and events; `detail` is why (empty: nothing to say).
    virtual void setState(CallState state, const std::string& detail) = 0;
    /// We join again because of this, for metrics.
    virtual void countReconnect(LostCause cause) = 0;
    /// All who are in the call now.
    virtual void setMembers(std::vector<Member> members) = 0;

    /// A guest that is connected already stays until this one is; one that is not is over at once. Throws
    /// std::runtime_error when GStreamer lacks an element.
    virtual std::unique_ptr<Guest> addGuest(const GuestRequest& request, GuestEvents events) = 0;
};

/// The whole of a call: beside guests it takes publishers.
class Call : public GuestCall {
  public:
    /// Starts a session. One of the same participant that is connected stays until this one is, and its
    /// tracks keep name and subscribers; one that is not is over at once. Throws Refused (values/refused.h)
    /// when a limit is reached, and std::runtime_error when GStreamer lacks an element.
    virtual std::unique_ptr<Publication> publish(const PublishRequest& request, PublishEvents events) = 0;
};

} // namespace spillway::relay
