#include "daemon/signalling/connector.h"

#include "daemon/signalling/janus/janus_connector.h"
#include "daemon/signalling/whep/whep_connector.h"

#include <stdexcept>

namespace spillway::daemon {

std::unique_ptr<Connector> makeConnector(relay::Loop& loop, const config::CallSettings& call,
                                         ConnectorEvents events) {
    if (const auto* join = std::get_if<config::JanusJoin>(&call.join))
        return janus::makeConnector(loop, *join, call.name, std::move(events));
    if (const auto* join = std::get_if<config::WhepJoin>(&call.join))
        return whep::makeConnector(loop, *join, call.name, std::move(events));
    throw std::logic_error("a call of this type is not joined by a connector");
}

} // namespace spillway::daemon
