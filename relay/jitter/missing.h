// The packets of one stream that have not come although later ones have: until when each is waited for, and
// when it is asked for again.
//
// Sequence numbers are extended to 64 bits. A packet is asked for after a short grace, in which reordering
// mends itself, and again after each round trip, as long as the answer can still come in time (RFC 4585
// section 6.2.1 leaves the when to the receiver). Owner: JitterBuffer. Any thread, one at a time.
#pragma once

#include "relay/jitter/timeline.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

namespace spillway::relay::jitter {

/// A wish for a packet (NACK).
struct Request {
    std::uint16_t sequence = 0;
    unsigned retry = 0; ///< 0 is the first
    Time remaining{};   ///< until the packet is given up
};

/// Measured from answers to requests, or given from outside.
class RoundTrip {
  public:
    void set(Time value) { value_ = value; }
    void measured(Time value);
    std::optional<Time> value() const { return value_; }
    /// Between one request and the next.
    Time pause() const;
    /// What an answer takes at least.
    Time shortestAnswer() const;

  private:
    std::optional<Time> value_;
};

class Missing {
  public:
    /// At once; a larger gap is given up from its front.
    static constexpr std::size_t most = 512;
    /// Before the first request.
    static constexpr Time grace = std::chrono::milliseconds(5);

    /// `first` to `last`, for which the packet after them, which has arrived, waits until `deadline`.
    void add(std::int64_t first, std::int64_t last, Time arrived, Time deadline);
    /// It has come; false when it was not missing. `answers`: as a retransmission.
    bool found(std::int64_t sequence, Time arrived, bool answers);
    /// All before `sequence`; which.
    std::vector<std::int64_t> giveUpBefore(std::int64_t sequence);

    std::size_t size() const { return entries_.size(); }
    /// Of the oldest, which nobody waits for longer than that.
    std::optional<Time> deadline() const;
    /// What is to be asked for now.
    std::vector<Request> requests(Time now);
    /// When requests() has something to say; none while nothing is asked for.
    std::optional<Time> nextRequest() const { return nextRequest_; }

    RoundTrip& roundTrip() { return roundTrip_; }
    /// Packets that came because they were asked for.
    std::uint64_t answered() const { return answered_; }

  private:
    struct Entry {
        Time deadline{};
        std::optional<Time> next; ///< request; none when an answer would come too late
        Time asked{};             ///< last
        unsigned requests = 0;
    };
    std::optional<Time> worthwhile(Time at, const Entry& entry) const;

    std::map<std::int64_t, Entry> entries_;
    std::optional<Time> nextRequest_; ///< not after the earliest of the entries
    RoundTrip roundTrip_;
    std::uint64_t answered_ = 0;
};

} // namespace spillway::relay::jitter
