// The connector of a call that this node hosts: publishers come to it by WHIP. Loop thread.
#pragma once

#include "daemon/signalling/connector.h"
#include "daemon/signalling/whip/whip_server.h"

namespace spillway::daemon::whip {

class WhipConnector : public Connector {
  public:
    WhipConnector(Server& server, relay::Call& call)
        : server_(server)
        , call_(call) {
        server_.host(call_);
        call_.setState(relay::CallState::joined);
    }
    ~WhipConnector() override {
        server_.unhost(call_.settings().name);
        call_.setState(relay::CallState::left);
    }

  private:
    Server& server_;
    relay::Call& call_;
};

} // namespace spillway::daemon::whip
