// Our peers in a call that we are a guest in: at most two, one that is connected and one that is about to
// take over. Knows when nobody is about to come for the tracks that wait.
//
// Owner: LiveCall. Loop thread.
#pragma once

#include "relay/call/feeder.h"
#include "relay/call/live_guest.h"

#include <memory>
#include <optional>
#include <vector>

namespace spillway::relay {

class Guests {
  public:
    explicit Guests(CallContext& context)
        : context_(context) {}
    Guests(const Guests&) = delete;
    Guests& operator=(const Guests&) = delete;
    /// All of them leave.
    ~Guests();

    /// As GuestCall::addGuest().
    std::unique_ptr<Guest> add(const GuestRequest& request, GuestEvents events);

    bool connected() const;
    /// Since when tracks that wait must be fed again within `media_timeout`: whoever joins again gets a
    /// track back some time after us. None while a guest is on its way, or may be.
    std::optional<Clock::time_point> waitingSince(Clock::time_point now) const;
    /// The call is in another state: what was awaited before is not awaited any more.
    void onStateChanged();

    void forgetDue(Clock::time_point now);
    /// An SFU's silence is a loss only while a track of it is to receive something.
    void expectMedia();
    void addTo(CallSnapshot& snapshot) const;

    /// For LiveGuest: it is connected, and takes over from older ones.
    void onConnected(const LiveGuest& newer);
    /// For LiveGuest: it is over.
    void remove(const LiveGuest& guest);

  private:
    template <class Condition>
    LiveGuest* find(Condition condition) const;

    CallContext& context_;
    std::vector<LiveGuest*> open_;   ///< oldest first; each belongs to whoever asked for it
    Clock::time_point changedAt_;    ///< when the state changed, or a guest came, was connected or went
    Clock::time_point awaitedUntil_; ///< another guest is to come in place of one that went
};

} // namespace spillway::relay
