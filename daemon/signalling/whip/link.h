// ICE servers as `Link` header fields (RFC 9725 section 4.6). Pure.
#pragma once

#include "config/settings.h"

#include <string>
#include <vector>

namespace spillway::daemon::whip {

/// One value for each server: `<stun:host>; rel="ice-server"`, with username and credential for TURN.
std::vector<std::string> iceLinks(const std::vector<config::IceServer>& servers);

} // namespace spillway::daemon::whip
