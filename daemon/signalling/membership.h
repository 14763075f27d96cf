// The life of a guest in one call: joining, staying, coming back, leaving.
//
//     joining ──▶ joined ──▶ reconnecting ──▶ joined …
//        └───────────────────────▲
//
// From any of them to left: by leave(), or for a reason that will not change by retrying.
//
// Comes in: how attempts go (attempt.h). Goes out: the call's state, and the next attempt. There is one
// attempt at a time: the next begins once the last has said good-bye, or has run out of time to, so that the
// SFU never sees two of us. It retries for ever, at the pace of Backoff.
//
// Owner: Calls; ended before the relay, whose Call it borrows. Loop thread.
#pragma once

#include "daemon/signalling/attempt.h"
#include "daemon/signalling/backoff.h"
#include "daemon/signalling/presence.h"

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace spillway::daemon {

struct MembershipRules {
    AttemptRules attempt;
    Backoff::Limits backoff;
};

class Membership : public Presence {
  public:
    using MakeConnector = daemon::MakeConnector;

    Membership(relay::Loop& loop, relay::GuestCall& call, MakeConnector makeConnector,
               MembershipRules rules = {}, Backoff::Random random = Backoff::uniform());
    ~Membership() override;

    void leave(std::function<void()> onLeft) override;

  private:
    void begin();
    void joined();
    void lost(const Loss& loss);
    void lostForGood(const Loss& loss);
    void tryLater(std::chrono::milliseconds delay);
    void end(const std::string& reason);

    relay::Loop& loop_;
    relay::GuestCall& call_;
    MakeConnector makeConnector_;
    MembershipRules rules_;
    Backoff backoff_;
    std::unique_ptr<Attempt> attempt_; ///< none while waiting for the next, and at the end
    bool left_ = false;
    relay::Timer next_;
    std::vector<std::function<void()>> onLeft_; ///< callers of leave()
    relay::Lifetime lifetime_;
};

} // namespace spillway::daemon
