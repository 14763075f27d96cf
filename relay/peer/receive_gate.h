// Whether media of a peer may pass, and when some last did.
//
// Comes in: every RTP and RTCP packet of the peer, after decryption, so that a stranger cannot keep a dead
// peer alive. Goes out: pass or drop. It is shut until the certificate matched, and shut for good once the
// peer is lost. Any thread; per packet one atomic store.
#pragma once

#include "relay/base/clock.h"

#include <atomic>

namespace spillway::relay {

class ReceiveGate {
  public:
    /// The certificate matched. Has no effect once shut.
    void open() {
        State expected = State::unverified;
        state_.compare_exchange_strong(expected, State::open);
    }
    void shut() { state_.store(State::shut); }
    bool isOpen() const { return state_.load() == State::open; }

    /// For each packet: whether it passes. Notes the time when it does.
    bool pass() {
        if (!isOpen()) return false;
        touch();
        return true;
    }

    /// Restarts the time without media.
    void touch() { last_.store(Clock::now().time_since_epoch().count(), std::memory_order_relaxed); }
    Clock::duration silence() const {
        const Clock::time_point last{Clock::duration(last_.load(std::memory_order_relaxed))};
        return Clock::now() - last;
    }

  private:
    enum class State { unverified, open, shut };

    std::atomic<State> state_{State::unverified};
    std::atomic<Clock::rep> last_{0};
};

} // namespace spillway::relay
