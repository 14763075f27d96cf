// When to try again after failures: 1 s, then twice as long each time up to 30 s, and 1 s again once it went
// well for 30 s. Any thread, one at a time.
#pragma once

#include <algorithm>
#include <chrono>

namespace spillway::relay {

class Retry {
  public:
    using Time = std::chrono::steady_clock::time_point;
    static constexpr std::chrono::milliseconds first{1000};
    static constexpr std::chrono::milliseconds last{30000};

    bool mayTry(Time now) const { return now >= next_; }
    void failed(Time now) {
        // What failed again soon after a fresh start has not recovered.
        if (now - next_ > last) delay_ = first;
        next_ = now + delay_;
        delay_ = std::min(2 * delay_, last);
    }

  private:
    Time next_{};
    std::chrono::milliseconds delay_ = first;
};

} // namespace spillway::relay
