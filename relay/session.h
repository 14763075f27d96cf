// One publishing peer of one participant, and what its lines are called. Owner: LiveCall. Loop thread.
#pragma once

#include "relay/call.h"
#include "relay/peer.h"
#include "relay/track_input.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace spillway::relay {

class Session {
  public:
    Session(PeerId id, PublishRequest request, PublishEvents publishEvents);

    /// The source name of the pad's m-line: the request's word for its kind, `-2` and on for further lines.
    std::string sourceName(const TrackInput& input);

    /// Its end is final: after a grace for late packets its jitter buffer and threads go.
    void forget(const TrackInput& input);
    void forgetDue(Clock::time_point now);

    const PeerId id;
    const PublishRequest request;
    PublishEvents events;
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

    std::map<std::string, std::string> names_; ///< mid -> source name
    std::vector<Forgotten> forgotten_;
};

} // namespace spillway::relay
