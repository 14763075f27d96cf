// What speaks one signalling protocol as a guest of one call. One folder each; none is known to the rest.
//
// Comes in: the verbs below. Goes out: ConnectorEvents. It holds no media and knows no peer: offers and
// answers pass through it as text. It tries once: when it has lost the call it says so, once, and is thrown
// away; rejoining, deadlines over whole steps and backoff are Membership's. Each of its own requests has a
// deadline.
//
// Owner: Membership. Loop thread. No event comes before join() returned or after the destructor began; the
// owner may destroy the connector inside an event.
#pragma once

#include "config/settings.h"
#include "relay/base/loop.h"
#include "relay/call/call.h"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace spillway::daemon {

/// Why a connector is in the call no more, or never was.
struct Loss {
    relay::LostCause cause = relay::LostCause::signalling;
    std::string detail; ///< for log and API; no secrets
    bool final = false; ///< rejoining cannot help: wrong credentials, kicked, room destroyed
    std::optional<std::chrono::milliseconds> retryAfter; ///< the other side said when
};

/// An offer of the SFU.
struct SfuOffer {
    std::string sdp;
    relay::LineOwners owners; ///< who sends on its lines
    bool newPeer = false;     ///< it is the first of a new transport
};

struct ConnectorEvents {
    /// The room is ours: who is there and what they offer follows.
    std::function<void()> onJoined;
    /// All who are in the call now.
    std::function<void(std::vector<relay::Member>)> onMembers;
    /// Who sends on which line now, without a new offer.
    std::function<void(relay::LineOwners)> onOwners;
    /// answer() is awaited. No further offer before that.
    std::function<void(SfuOffer)> onOffer;
    /// The protocol wants our offer: offer() is awaited. With the ICE servers that the other side named.
    std::function<void(std::vector<config::IceServer>)> onOfferWanted;
    /// The answer to it.
    std::function<void(std::string sdp, relay::LineOwners)> onAnswer;
    /// Once: no event follows.
    std::function<void(Loss)> onLost;
};

class Connector {
  public:
    Connector() = default;
    Connector(const Connector&) = delete;
    Connector& operator=(const Connector&) = delete;
    /// Closes its sockets. Without leave() before, the other side learns by that alone.
    virtual ~Connector() = default;

    /// Once, first. onJoined or onLost follows.
    virtual void join() = 0;
    /// Ours, with candidates, after onOfferWanted.
    virtual void offer(const std::string& sdp) = 0;
    /// To the last onOffer, with candidates.
    virtual void answer(const std::string& sdp) = 0;
    /// One of our candidates, gathered late (`candidate:…`, RFC 8839 section 5.1).
    virtual void candidate(const std::string& mid, const std::string& candidate) = 0;
    /// Whether the SFU is to send this track. Where the protocol has no such thing nothing happens.
    virtual void want(const relay::LineOwner& track, bool wanted) = 0;
    /// Our peer is lost, signalling is not: an offer with newPeer follows. False when the protocol cannot do
    /// that without rejoining.
    virtual bool renew() = 0;
    /// Last. `onLeft` runs once the other side knows, or after a deadline of its own; no other event follows.
    virtual void leave(std::function<void()> onLeft) = 0;
};

/// Makes the connectors of one call, one after the other, and holds what the next one must know of those
/// before.
using MakeConnector = std::function<std::unique_ptr<Connector>(ConnectorEvents)>;

} // namespace spillway::daemon
