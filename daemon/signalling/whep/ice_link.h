// ICE servers that a WHEP server names in `Link` fields (RFC 8288 section 3, RFC 9725 section 4.6). Comes in:
// text from anybody. Goes out: what can be used of it. Pure code, any thread.
#pragma once

#include "config/settings.h"

#include <cstddef>
#include <string_view>
#include <vector>

namespace spillway::daemon::whep {

inline constexpr std::size_t maxIceServers = 16; ///< further ones are left out

/// `<stun:host>; rel="ice-server", <turn:host>; rel="ice-server"; username="…"; credential="…"`. Links of
/// other kinds and what is no STUN or TURN URL are left out, TURN without credentials too. Reads up to the
/// first error.
std::vector<config::IceServer> iceServers(std::string_view link);

} // namespace spillway::daemon::whep
