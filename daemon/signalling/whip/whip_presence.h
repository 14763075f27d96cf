// The presence in a call that this node hosts: publishers come to it by WHIP. Loop thread.
#pragma once

#include "daemon/signalling/presence.h"
#include "daemon/signalling/whip/whip_server.h"

#include <memory>
#include <utility>
#include <vector>

namespace spillway::daemon::whip {

class WhipPresence : public Presence {
  public:
    WhipPresence(relay::Loop& loop, Server& server, relay::Call& call)
        : loop_(loop)
        , server_(server)
        , call_(call) {
        server_.host(call_);
        call_.setState(relay::CallState::joined, "");
    }
    ~WhipPresence() override {
        server_.unhost(call_);
        ending_.clear();
        call_.setState(relay::CallState::left, "");
    }

    /// Each publication takes some milliseconds to end.
    void leave(std::function<void()> onLeft) override {
        ending_ = server_.unhost(call_);
        endNext(std::move(onLeft));
    }

  private:
    void endNext(std::function<void()> onLeft) {
        if (ending_.empty()) {
            call_.setState(relay::CallState::left, "");
            return onLeft();
        }
        loop_.postApart(lifetime_.guard([this, onLeft = std::move(onLeft)] {
            ending_.pop_back();
            endNext(onLeft);
        }));
    }

    relay::Loop& loop_;
    Server& server_;
    relay::Call& call_;
    std::vector<std::unique_ptr<relay::Publication>> ending_;
    relay::Lifetime lifetime_;
};

} // namespace spillway::daemon::whip
