#include "daemon/version.h"

#include "relay/relay.h"

namespace spillway::daemon {

const char* version() {
    return SPILLWAY_VERSION;
}

std::string versionText() {
    return std::string("spillwayd ") + version() + "\nGStreamer " + relay::Relay::gstreamerVersion() +
           "\nlibnice " + relay::Relay::niceVersion() + "\n";
}

} // namespace spillway::daemon
