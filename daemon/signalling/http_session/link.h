// ICE servers as `Link` header fields (RFC 8288 section 3, RFC 9725 section 4.6), written for our clients and
// read from a server. What is read is text from anybody. Pure code, any thread.
#pragma once

#include "config/settings.h"
#include "daemon/http/caller.h"

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace spillway::daemon::http_session {

/// One value for each server: `<stun:host>; rel="ice-server"`, with username and credential for TURN. A login
/// that is made of a secret is for the caller alone, and ends with the caller's token if that is sooner.
std::vector<std::string> iceLinks(const std::vector<config::IceServer>& servers,
                                  const http::Caller& caller = {});

/// How long the login of a publisher or viewer may be used to begin with.
inline constexpr std::chrono::hours iceLoginLife{1};

inline constexpr std::size_t maxIceServers = 16; ///< further ones are left out

/// The servers of a list of such values. Leaves out links of other kinds, URLs that are neither STUN nor
/// TURN, and TURN without credentials. Reads up to the first error.
std::vector<config::IceServer> iceServers(std::string_view link);

} // namespace spillway::daemon::http_session
