// Settings of relays that run side by side.
#pragma once

#include "config/settings.h"

namespace spillway::test {

/// No port that another test's relay might have.
inline config::WebrtcSettings noViewers() {
    config::WebrtcSettings settings;
    settings.listen.clear();
    return settings;
}

inline config::WebrtcSettings listenAt(const std::string& address) {
    config::WebrtcSettings settings;
    settings.listen = {config::ListenAddress::parseUdp(address)};
    return settings;
}

/// By TCP alone.
inline config::WebrtcSettings listenTcpAt(const std::string& address) {
    config::WebrtcSettings settings = noViewers();
    settings.listenTcp = {config::ListenAddress::parseUdp(address)};
    return settings;
}

} // namespace spillway::test
