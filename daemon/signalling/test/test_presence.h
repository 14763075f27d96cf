// The presence `test`: a synthetic call whose participants publish from inside this process, each through
// two real webrtcbins, over loopback. For demos and benchmarks.
//
// Comes in: the settings. Goes out: participants that join the call, join again when they were lost, and with
// `churn` leave, return, and switch the camera off and on, one after the other. Loop thread.
#pragma once

#include "daemon/signalling/presence.h"
#include "daemon/signalling/test/participant.h"

#include <memory>
#include <vector>

namespace spillway::daemon {

class TestPresence : public Presence {
  public:
    TestPresence(relay::Loop& loop, relay::Call& call, const config::TestJoin& join);
    ~TestPresence() override;

    void leave(std::function<void()> onLeft) override;

  private:
    void churn();
    void end();

    relay::Call& call_;
    std::vector<std::unique_ptr<Participant>> participants_;
    std::size_t churned_ = 0; ///< steps so far
    relay::Timer timer_;
};

} // namespace spillway::daemon
