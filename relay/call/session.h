// One peer of a call, and whom its lines belong to: a publisher's own, or those of an SFU where this daemon
// is the guest. Owner: LiveCall. Loop thread.
#pragma once

#include "relay/call/call.h"
#include "relay/peer/peer.h"
#include "relay/track/input.h"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace spillway::relay {

class Session {
  public:
    Session(PeerId sessionId, PublishRequest publishRequest, PublishEvents publishEvents);
    Session(PeerId sessionId, GuestEvents guestEvents);

    bool isGuest() const { return guest.has_value(); }
    /// For logs.
    std::string who() const { return isGuest() ? "guest" : request.participant; }

    /// Whose the line of this pad is. A publisher's: the request's word for its kind, `-2` and on for further
    /// lines. A guest's: by signalling; nobody's while that has said nothing, or while the SFU's description
    /// does not name this SSRC.
    std::optional<LineOwner> ownerOf(const TrackInput& input);

    /// Adds what is not there yet.
    void keep(const std::shared_ptr<TrackInput>& input);
    /// Its end is final: after a grace for late packets its jitter buffer and threads go.
    void forget(const TrackInput& input);
    /// It is not final after all.
    void remember(const TrackInput& input);
    void forgetDue(Clock::time_point now);

    const PeerId id;
    const PublishRequest request; ///< empty for a guest
    PublishEvents events;
    std::optional<GuestEvents> guest;
    LineOwners owners; ///< of a guest
    std::unique_ptr<Peer> peer;
    std::map<std::string, std::shared_ptr<TrackInput>> switchedOff; ///< by source name
    /// Until their SSRC is forgotten. An SSRC has several when its payload type changes: late packets of the
    /// former may still come.
    std::vector<std::shared_ptr<TrackInput>> inputs;

  private:
    struct Forgotten {
        std::uint32_t ssrc;
        Clock::time_point due;
    };

    std::string sourceName(const TrackInput& input);

    std::map<std::string, std::string> names_; ///< of a publisher: mid -> source name
    std::vector<Forgotten> forgotten_;
};

} // namespace spillway::relay
