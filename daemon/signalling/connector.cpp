#include "daemon/signalling/connector.h"

#include "daemon/signalling/test/test_connector.h"
#include "daemon/signalling/whip/whip_connector.h"

namespace spillway::daemon {

namespace {

struct Factory {
    const ConnectorContext& context;
    relay::Call& call;

    std::unique_ptr<Connector> operator()(const config::WhipJoin&) const {
        return std::make_unique<whip::WhipConnector>(context.whip, call);
    }
    std::unique_ptr<Connector> operator()(const config::TestJoin& join) const {
        return std::make_unique<TestConnector>(context.loop, call, join);
    }
};

} // namespace

std::unique_ptr<Connector> makeConnector(const ConnectorContext& context, relay::Call& call) {
    return std::visit(Factory{context, call}, call.settings().join);
}

} // namespace spillway::daemon
