// Whether a path still takes what is sent by it. UDP always does; a TCP connection may be gone, or its remote
// may read no more. Thread of the session.
#pragma once

#include "relay/base/clock.h"
#include "relay/port/sockets.h"

#include <algorithm>
#include <chrono>

namespace spillway::relay::port {

class Taking {
  public:
    /// Without taking anything. Time for a remote to connect anew.
    static constexpr std::chrono::seconds time{5};

    explicit Taking(Clock::time_point now)
        : latest_(now) {}

    /// Ask often; false once it took nothing for that long.
    bool goesOn(const Sockets& sockets, const Path& path, Clock::time_point now) {
        latest_ = std::max(latest_, sockets.blockedSince(path).value_or(now));
        return now - latest_ <= time;
    }

  private:
    Clock::time_point latest_;
};

} // namespace spillway::relay::port
