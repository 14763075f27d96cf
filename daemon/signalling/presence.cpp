#include "daemon/signalling/presence.h"

#include "daemon/signalling/janus/janus_connector.h"
#include "daemon/signalling/membership.h"
#include "daemon/signalling/test/test_presence.h"
#include "daemon/signalling/whep/whep_connector.h"
#include "daemon/signalling/whip/whip_presence.h"

namespace spillway::daemon {

namespace {

/// One function for each kind of call. A kind without one does not compile.
struct MakePresenceOf {
    const PresenceContext& context;
    relay::Call& call;

    std::unique_ptr<Presence> operator()(const config::WhipJoin&) const {
        return std::make_unique<whip::WhipPresence>(context.loop, context.whip, call);
    }
    std::unique_ptr<Presence> operator()(const config::WhepJoin& join) const {
        return guest(whep::connectorsOf(context.loop, join, call.settings().name));
    }
    std::unique_ptr<Presence> operator()(const config::JanusJoin& join) const {
        return guest(janus::connectorsOf(context.loop, join, call.settings().name));
    }
    std::unique_ptr<Presence> operator()(const config::TestJoin& join) const {
        return std::make_unique<TestPresence>(context.loop, call, join);
    }

  private:
    std::unique_ptr<Presence> guest(MakeConnector connectors) const {
        return std::make_unique<Membership>(context.loop, call, std::move(connectors));
    }
};

} // namespace

std::unique_ptr<Presence> makePresence(const PresenceContext& context, relay::Call& call) {
    return std::visit(MakePresenceOf{context, call}, call.settings().join);
}

} // namespace spillway::daemon
