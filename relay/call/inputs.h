// The inputs of one peer, each until its SSRC is forgotten. An SSRC has several when its payload type
// changes: late packets of the former may still come. Owner: Feeder. Loop thread.
#pragma once

#include "relay/base/clock.h"
#include "relay/peer/settings.h"
#include "relay/track/input.h"

#include <cstdint>
#include <memory>
#include <vector>

namespace spillway::relay {

class Peer;

class Inputs {
  public:
    /// Adds it unless it is there already.
    void keep(const std::shared_ptr<TrackInput>& input);
    /// Its end is final: after a grace for late packets its jitter buffer goes.
    void forget(const TrackInput& input);
    /// It is not final after all.
    void remember(const TrackInput& input);
    /// Lets go of those whose grace is over, as far as `peer` is ready to.
    void forgetDue(Peer& peer, Clock::time_point now);

    const std::vector<std::shared_ptr<TrackInput>>& all() const { return inputs_; }

  private:
    struct Forgotten {
        std::uint32_t ssrc;
        Clock::time_point due;
    };

    std::vector<std::shared_ptr<TrackInput>> inputs_;
    std::vector<Forgotten> forgotten_;
};

} // namespace spillway::relay
