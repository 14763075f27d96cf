// What speaks one signalling protocol as a guest of one call. One folder each; none is known to the rest.
//
// Comes in: the verbs below. Goes out: ConnectorEvents. It holds no media and knows no peer: offers and
// answers pass through it as text. It tries once: when it has lost the call it says so, once, and is thrown
// away. Retrying and backoff are Membership's, deadlines of whole steps Attempt's; each of its own requests
// has a deadline.
//
// Owner: Attempt. Loop thread. No event comes before join() returned or after the destructor began; the
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

/// Why a connector is no longer in the call, or never got in.
struct Loss {
    relay::LostCause cause = relay::LostCause::signalling;
    std::string detail; ///< for log and API; no secrets
    bool final = false; ///< retrying cannot help: wrong credentials, kicked, room destroyed
    std::optional<std::chrono::milliseconds> retryAfter; ///< as the other side asked
};

/// An offer of the SFU.
struct SfuOffer {
    std::string sdp;
    relay::LineOwners owners; ///< who sends on its lines
    bool newPeer = false;     ///< it is the first of a new transport
};

struct ConnectorEvents {
    /// We are in: who is there and what they offer follows.
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
    /// Closes its sockets. Without leave() before, that is all the other side notices.
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
    /// that without joining again.
    virtual bool renew() = 0;
    /// Last. `onLeft` runs once the other side knows, or after a deadline of its own; no other event follows.
    virtual void leave(std::function<void()> onLeft) = 0;
};

/// Makes the connectors of one call, one after the other, and keeps what the next one must know of the last.
using MakeConnector = std::function<std::unique_ptr<Connector>(ConnectorEvents)>;

} // namespace spillway::daemon
