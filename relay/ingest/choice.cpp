#include "relay/ingest/choice.h"

#include <algorithm>

namespace spillway::relay::ingest {

namespace {

bool isPublic(const SocketAddress& address) {
    return !address.isPrivate() && !address.isLoopback() && !address.isLinkLocal();
}

} // namespace

PublisherIceChoice chooseIce(const config::WebrtcSettings& settings,
                             const std::vector<SocketAddress>& reachable) {
    using config::PublisherIce;
    if (settings.listen.empty() && settings.listenTcp.empty())
        return {false, "webrtc.listen and webrtc.listen_tcp are empty"};
    if (settings.publishers != PublisherIce::automatic)
        return {settings.publishers == PublisherIce::lite, "webrtc.publishers says so"};
    if (!settings.announce.empty()) return {true, "webrtc.announce is set"};
    if (settings.iceServers.empty()) return {true, "there are no webrtc.ice_servers"};
    if (std::any_of(reachable.begin(), reachable.end(), isPublic)) return {true, "an address is public"};
    return {false, "webrtc.ice_servers are set, webrtc.announce is not, and no address is public"};
}

} // namespace spillway::relay::ingest
