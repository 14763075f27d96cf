#include "daemon/signalling/janus/refusal.h"

namespace spillway::daemon::janus {

namespace {

Loss lossOf(const std::string& doing, const Reply& reply, bool final) {
    std::string detail = "janus: " + doing + ": " + reply.reason;
    if (reply.error != Reply::noAnswer) detail += " (" + std::to_string(reply.error) + ")";
    return {relay::LostCause::signalling, std::move(detail), final, {}};
}

} // namespace

Loss refusedJoin(const std::string& doing, const Reply& reply) {
    switch (reply.error) {
    case unauthorized:
    case unauthorizedPlugin:
    case unauthorizedInRoom:
    case missingElement:
    case invalidElement:
        return lossOf(doing, reply, true);
    default:
        return lossOf(doing, reply, false);
    }
}

Loss refusedRequest(const std::string& doing, const Reply& reply) {
    return lossOf(doing, reply, false);
}

} // namespace spillway::daemon::janus
