// Whether somebody listens on a UDP port: hosts refuse what comes for one that nobody has opened (ICMP port
// unreachable, RFC 1122 section 3.2.2.1), but say so once a second at most, and firewalls keep it to
// themselves.
//
// While nobody listens, one probe a second takes the place of the stream. Once a probe is not refused
// somebody is taken to listen, who needs a keyframe first, or the stream as it is where no keyframe comes in
// five seconds (an encoder that refreshes gradually sends none). A host whose refusals stay away for long has
// us wrong again and again: each time it takes a longer silence to believe, up to ten seconds. One thread at
// a time.
#pragma once

#include "relay/base/clock.h"

#include <chrono>
#include <optional>

namespace spillway::relay {

class Listener {
  public:
    enum class State {
        there, ///< as far as is known
        gone,  ///< refuses
        back,  ///< no longer refuses, and has not had a keyframe yet
    };

    State state() const { return state_; }
    /// What was sent was refused.
    void refused(Clock::time_point now);
    /// Call it often while it is gone. True: send a probe now.
    bool probes(Clock::time_point now);
    /// Part of the stream is about to go out, if somebody is there for it.
    void offers(bool keyframe, Clock::time_point now);

  private:
    State state_ = State::there;
    std::optional<Clock::time_point> back_;       ///< when it was taken to be back
    std::optional<Clock::time_point> unanswered_; ///< the first probe since the last refusal
    Clock::time_point nextProbe_;
    Clock::duration silence_{}; ///< of refusals, after a probe, that is believed
};

} // namespace spillway::relay
