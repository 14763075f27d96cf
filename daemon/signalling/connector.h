// What speaks one signalling protocol for one call. Owner: App; ended before the relay, whose Call it
// borrows. Loop thread.
#pragma once

#include "config/settings.h"
#include "relay/call.h"
#include "relay/loop.h"

#include <memory>

namespace spillway::daemon::whip {
class Server;
}

namespace spillway::daemon {

class Connector {
  public:
    Connector() = default;
    Connector(const Connector&) = delete;
    Connector& operator=(const Connector&) = delete;
    /// Leaves the call.
    virtual ~Connector() = default;
};

/// What connectors share.
struct ConnectorContext {
    relay::Loop& loop;
    whip::Server& whip;
};

/// The connector that the call's `join:` names. Sets the state of the call from then on.
std::unique_ptr<Connector> makeConnector(const ConnectorContext& context, relay::Call& call);

} // namespace spillway::daemon
