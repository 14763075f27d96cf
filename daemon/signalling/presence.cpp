#include "daemon/signalling/presence.h"

#include "daemon/signalling/connector.h"
#include "daemon/signalling/membership.h"
#include "daemon/signalling/test/test_presence.h"
#include "daemon/signalling/whip/whip_presence.h"

namespace spillway::daemon {

namespace {

struct Factory {
    const PresenceContext& context;
    relay::Call& call;

    std::unique_ptr<Presence> operator()(const config::WhipJoin&) const {
        return std::make_unique<whip::WhipPresence>(context.whip, call);
    }
    std::unique_ptr<Presence> operator()(const config::TestJoin& join) const {
        return std::make_unique<TestPresence>(context.loop, call, join);
    }
    /// Whatever is joined as a guest.
    template <class Join>
    std::unique_ptr<Presence> operator()(const Join&) const {
        return std::make_unique<Membership>(context.loop, call, connectorsOf(context.loop, call.settings()));
    }
};

} // namespace

std::unique_ptr<Presence> makePresence(const PresenceContext& context, relay::Call& call) {
    return std::visit(Factory{context, call}, call.settings().join);
}

} // namespace spillway::daemon
