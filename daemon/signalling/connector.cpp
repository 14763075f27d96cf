#include "daemon/signalling/connector.h"

#include "daemon/signalling/janus/janus_connector.h"
#include "daemon/signalling/whep/whep_connector.h"

#include <stdexcept>

namespace spillway::daemon {

MakeConnector connectorsOf(relay::Loop& loop, const config::CallSettings& call) {
    if (const auto* join = std::get_if<config::JanusJoin>(&call.join))
        return janus::connectorsOf(loop, *join, call.name);
    if (const auto* join = std::get_if<config::WhepJoin>(&call.join))
        return whep::connectorsOf(loop, *join, call.name);
    throw std::logic_error("a call of this type is not joined by a connector");
}

} // namespace spillway::daemon
