// How long to wait before rejoining a call: a random part of a bound that doubles (full jitter), so that
// many who were lost together do not come back together.
//
// Comes in: what became of each attempt, and when. Goes out: delays. It knows no clock, no timer and no call;
// time and randomness are given to it. Owner: Membership. Any thread, one at a time.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <optional>

namespace spillway::daemon {

class Backoff {
  public:
    using Milliseconds = std::chrono::milliseconds;
    using Time = std::chrono::steady_clock::time_point;
    /// A number from 0 to `most`, both included.
    using Random = std::function<Milliseconds(Milliseconds most)>;

    struct Limits {
        Milliseconds first{500};                ///< the bound of the first delay
        Milliseconds last{30000};               ///< the bound doubles up to this
        Milliseconds longestRetryAfter{300000}; ///< of what the other side may ask for
        Milliseconds stable{30000};             ///< joined this long: the next loss counts as the first
        std::size_t attempts = 10;              ///< in any `window` at most, whatever chance says
        Milliseconds window{60000};
    };

    explicit Backoff(Random random = uniform());
    Backoff(Random random, Limits limits);

    /// An attempt begins.
    void attempt(Time now);
    /// It came so far that the call is joined.
    void joined(Time now) { joined_ = now; }
    /// It failed, before or after it had joined: how long to wait. `retryAfter` is what the other side asked
    /// for; the jitter comes on top of it.
    Milliseconds lost(Time now, std::optional<Milliseconds> retryAfter = {});

    static Random uniform();

  private:
    Milliseconds untilAllowed(Time now) const;

    Random random_;
    Limits limits_;
    Milliseconds bound_;
    std::optional<Time> joined_; ///< of the present attempt
    std::deque<Time> attempts_;  ///< the last ones, no more than may be in one window
};

} // namespace spillway::daemon
