// One attempt to be in a call: one connector, the guests that its protocol asks for, the wiring between them,
// and the deadlines of each step.
//
// Comes in: the connector's events and its guests'. Goes out: joined, and lost, once. It never retries
// (Membership does), and never ends a connector or a guest inside one of their own events: lost comes in a
// turn of its own.
//
// Owner: Membership, which ends it outside of its events. Loop thread.
#pragma once

#include "daemon/signalling/connector.h"

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace spillway::daemon {

struct AttemptRules {
    std::chrono::milliseconds join{15000};  ///< from join() to onJoined
    std::chrono::milliseconds renew{15000}; ///< from a renewal to the offer
    std::chrono::milliseconds leave{3000};  ///< from leave() to its end, whatever the other side does
    std::size_t renewals = 3;               ///< at most in a window; after that we join the call again
    std::chrono::milliseconds renewalWindow{60000};
};

struct AttemptEvents {
    /// Inside an event of the connector: must not end the attempt.
    std::function<void()> onJoined;
    /// Once; may start what ends the attempt, by leave(), but not destroy it.
    std::function<void(Loss)> onLost;
};

class Attempt {
  public:
    Attempt(relay::Loop& loop, relay::GuestCall& call, AttemptRules rules, AttemptEvents events);
    /// Without suspend() before, its peers leave and their tracks end.
    ~Attempt() = default;
    Attempt(const Attempt&) = delete;
    Attempt& operator=(const Attempt&) = delete;

    /// Once, first.
    void join(const MakeConnector& make);
    /// Its peers end, their tracks wait for those of the next attempt. No event follows.
    void suspend();
    /// Its peers end, and their tracks too. No event follows.
    void end();
    /// Says good-bye, after suspend() or end(): `onLeft` runs once, in a turn of its own, within the
    /// deadline, and may destroy the attempt. A second call replaces the `onLeft` of the first.
    void leave(std::function<void()> onLeft);

  private:
    ConnectorEvents connectorEvents();
    relay::GuestEvents guestEvents();
    template <class Fn>
    auto inTurn(Fn fn);
    void joined();
    void onOffer(const SfuOffer& offer);
    void onOfferWanted(std::vector<config::IceServer> servers);
    void onAnswerFromSfu(const std::string& sdp, const relay::LineOwners& owners);
    void onOfferFromGuest(const relay::LocalDescription& offer);
    void onAnswerFromGuest(const relay::LocalDescription& answer);
    void onGuestConnected();
    void onGuestLost(relay::LostCause cause, const std::string& detail);

    /// The one that was made last, if there is any.
    std::unique_ptr<relay::Guest>& newest() { return next_ ? next_ : connected_; }
    bool newGuest(std::vector<config::IceServer> servers);
    void renewOrLose(relay::LostCause cause, const std::string& detail);
    bool mayRenew();
    void lose(Loss loss);
    void silence();

    relay::Loop& loop_;
    relay::GuestCall& call_;
    AttemptRules rules_;
    AttemptEvents events_;
    std::unique_ptr<Connector> connector_;
    std::unique_ptr<relay::Guest> connected_; ///< the guest that carries media
    std::unique_ptr<relay::Guest> next_;      ///< one that is not connected yet
    bool isJoined_ = false;
    std::deque<std::chrono::steady_clock::time_point> renewals_;
    std::function<void()> onLeft_;
    relay::Timer deadline_;                 ///< of the step that is under way
    relay::Timer leaving_;                  ///< of leave()
    std::unique_ptr<relay::Lifetime> open_; ///< of the connector's events; none once it is lost or ended
    /// Of the newest guest's events; none once it is of no use.
    std::unique_ptr<relay::Lifetime> present_;
    relay::Lifetime lifetime_;
};

} // namespace spillway::daemon
