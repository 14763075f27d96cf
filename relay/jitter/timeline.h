// When the packets of one stream are to be presented and decoded, from their RTP timestamps.
//
// Comes in: timestamps in order of sequence, with the time each packet arrived. Goes out: presentation time
// (PTS) and decoding time (DTS), on the clock that arrivals are counted in. The first packet's arrival is the
// anchor, and RTP time counts from there; nothing else moves a PTS but a slew of 0.5 % at most, by which the
// drift between the sender's clock and ours comes in. A sender that restarted its clock gets a new anchor.
// B-frames keep their order: PTS goes back where timestamps do, DTS does not, and is never above PTS. Owner:
// JitterBuffer. Any thread, one at a time.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace spillway::relay::jitter {

using Time = std::chrono::nanoseconds;

/// A value that is to become another one, a little at a time.
class Slew {
  public:
    void aimAt(Time target) { target_ = target; }
    void move(Time most);
    Time now() const { return now_; }

  private:
    Time now_{};
    Time target_{};
};

/// How much later than expected packets come, as the sender's clock drifts from ours: of each window the
/// packet that was on its way for the shortest time counts, so that jitter and queues do not.
class Drift {
  public:
    /// `late` is how much later the packet came than the anchor lets expect. False: packets of a whole window
    /// came later by so much more than before that the sender's clock must have stood still.
    bool add(Time late, Time arrived);
    /// Against the first window; none before the second.
    Time now() const { return drift_; }

  private:
    bool close(Time arrived);

    std::optional<Time> first_; ///< the shortest of the first window
    std::optional<Time> shortest_;
    Time begun_{};
    Time drift_{};
};

class Timeline {
  public:
    struct Stamp {
        Time presentation{};
        Time decoding{};
        bool restarted = false; ///< the first one, or the first after a new anchor
    };

    /// A clock rate of 0 is unknown: time is that of arrival.
    Stamp next(std::uint32_t timestamp, Time arrived, std::uint32_t clockRate);
    /// The last; 0 before.
    std::uint32_t clockRate() const { return clockRate_; }

  private:
    bool jumps(std::uint32_t timestamp, Time arrived) const;
    void restart(std::uint32_t timestamp, Time arrived, std::uint32_t clockRate);
    /// The RTP time nearest to what was seen last.
    std::uint64_t extended(std::uint32_t timestamp) const;
    Time sinceAnchor(std::uint64_t rtp) const;
    void goOn(std::uint64_t rtp);
    Stamp place(Time presentation);

    std::uint32_t clockRate_ = 0;
    bool anchored_ = false;
    std::uint64_t anchorRtp_ = 0;
    Time anchorTime_{};
    std::uint64_t lastRtp_ = 0;
    std::uint64_t newestRtp_ = 0;
    Time lastArrived_{};
    Slew driftSlew_;
    Drift drift_;
    std::optional<Stamp> last_;
    Time newest_{}; ///< presentation
    Time floor_{};  ///< what may still come is not presented before this
};

} // namespace spillway::relay::jitter
