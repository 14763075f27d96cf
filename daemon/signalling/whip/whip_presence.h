// The presence in a call that this node hosts: publishers come to it by WHIP. Loop thread.
#pragma once

#include "daemon/signalling/presence.h"
#include "daemon/signalling/whip/whip_server.h"

namespace spillway::daemon::whip {

class WhipPresence : public Presence {
  public:
    WhipPresence(Server& server, relay::Call& call)
        : server_(server)
        , call_(call) {
        server_.host(call_);
        call_.setState(relay::CallState::joined, "");
    }
    ~WhipPresence() override { end(); }

    void leave(std::function<void()> onLeft) override {
        end();
        onLeft();
    }

  private:
    void end() {
        server_.unhost(call_.settings().name);
        call_.setState(relay::CallState::left, "");
    }

    Server& server_;
    relay::Call& call_;
};

} // namespace spillway::daemon::whip
