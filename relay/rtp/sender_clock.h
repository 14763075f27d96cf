// A sender's clock against ours, by its sender reports (RFC 3550 section 6.4.1).
//
// Comes in: the NTP time of reports, with the time each arrived. Goes out: our time of a moment of the
// sender's, later than it was by the shortest time that a report was on its way of late, which is the same
// for all that it sends. That may be any clock: it may drift, and it may be set. Shared by the streams of one
// sender, so that an error of the estimate moves all of them and nothing comes apart. Any thread.
#pragma once

#include "relay/base/clock.h"

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace spillway::relay::rtp {

class SenderClock {
  public:
    using Time = std::chrono::nanoseconds; ///< of the sender, since 1900 as it says

    /// A moment of the sender's time. It keeps its place in ours when the sender's clock is set afterwards.
    struct Moment {
        Time sent{};
        std::uint64_t setting = 0;
        Clock::time_point asHeard; ///< our time of it as of then
    };

    /// Nothing while it is unlike all before: a report that was held up for long, or another clock. Two in a
    /// row that agree are believed.
    std::optional<Moment> add(Time sent, Clock::time_point arrived);
    Clock::time_point at(const Moment& moment) const;

  private:
    Time ahead() const;
    bool isNews(Time ahead);

    mutable std::mutex mutex_; ///< protects what follows; held for moments
    // How far our clock is ahead, by the fastest report of the window and of the one before.
    std::optional<Time> current_;
    std::optional<Time> previous_;
    Clock::time_point windowEnds_{};
    std::optional<Time> doubted_;
    std::uint64_t setting_ = 0; ///< counts how often the sender's clock was set
};

/// The clocks of those who send by one peer: one, or one for each CNAME (RFC 3550 section 6.5.1). One lasts
/// as long as somebody holds it. Any thread.
class SenderClocks {
  public:
    enum class Senders { one, many };
    explicit SenderClocks(Senders senders)
        : senders_(senders) {}

    /// Without a CNAME, of many, a clock of its own.
    std::shared_ptr<SenderClock> of(const std::string& cname);

  private:
    const Senders senders_;
    std::mutex mutex_; ///< protects what follows
    std::map<std::string, std::weak_ptr<SenderClock>> clocks_;
};

} // namespace spillway::relay::rtp
