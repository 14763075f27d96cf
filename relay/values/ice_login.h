// What a TURN server takes as a login: the one that is configured, or one made of the secret that it shares
// with this node, which holds for a while (the TURN REST scheme: draft-uberti-behave-turn-rest-00 section
// 2.2; coturn's use-auth-secret). Pure, any thread.
#pragma once

#include "config/settings.h"

#include <chrono>
#include <optional>
#include <string>

namespace spillway::relay {

struct IceLogin {
    std::string username;
    std::optional<config::Secret> password;
};

/// How long a login of this node's own may be used to begin. A server asks for the time when a client comes,
/// not again while it stays.
inline constexpr std::chrono::hours ownLoginLife{24};

/// The server refuses who begins with it after `expires`. `user` tells its log who that was. Both are of no
/// meaning for a configured login.
IceLogin loginOf(const config::IceServer& server, std::chrono::system_clock::time_point expires,
                 const std::string& user);

} // namespace spillway::relay
