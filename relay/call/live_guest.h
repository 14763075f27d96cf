// Our peer towards an SFU: it carries the lines of many participants, who come and go on the same lines.
//
// Comes in: descriptions, and whose the lines are. Goes out: descriptions, and inputs to the tracks of
// whoever owns their line. Owner: whoever called GuestCall::addGuest(); Guests knows it while it is open.
// Loop thread.
#pragma once

#include "relay/call/call.h"
#include "relay/call/feeder.h"

#include <optional>
#include <string>

namespace spillway::relay {

class Guests;

class LiveGuest final : public Guest, public Feeder {
  public:
    LiveGuest(CallContext& context, Guests& guests, const GuestRequest& request, GuestEvents events);
    ~LiveGuest() override { leave(); }

    void acceptOffer(const std::string& sdp, const LineOwners& owners) override;
    void createOffer() override;
    std::optional<std::string> acceptAnswer(const std::string& sdp, const LineOwners& owners) override;
    void setOwners(const LineOwners& owners) override;
    void suspend() override;

    /// By signalling; nobody's while that has said nothing, or while the SFU's description does not name
    /// this SSRC.
    std::optional<LineOwner> ownerOf(const TrackInput& input) override;
    bool isSilent() const override;
    bool takesWishes() const override { return true; }
    void want(const LineOwner& track, bool wanted) override;

    /// Ends it with its tracks and calls nobody back; does nothing when it is over.
    void leave();

  private:
    std::string participantOn(const std::string& mid) const override;
    void onConnected() override;
    void onLost(LostCause cause, const std::string& detail) override;
    void onCandidate(const std::string& mid, const std::string& candidate) override;
    void end(Tracks tracks);
    void followOwners();

    Guests& guests_;
    GuestEvents events_;
    LineOwners owners_;
};

} // namespace spillway::relay
