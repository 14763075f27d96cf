// What an error of Janus means for the call. Pure.
#pragma once

#include "daemon/signalling/connector.h"
#include "daemon/signalling/janus/transactions.h"

#include <string>

namespace spillway::daemon::janus {

/// Codes of VideoRoom and of the core that are distinguished.
enum Code : int {
    unauthorized = 403,
    unauthorizedPlugin = 405,
    noSuchRoom = 426,
    noSuchFeed = 428,
    missingElement = 429,
    invalidElement = 430,
    unauthorizedInRoom = 433,
    noSuchSession = 458,
};

/// `doing` is what was asked for. A room that does not exist may come to exist; wrong credentials stay wrong,
/// and so does a room named by text where Janus has numbers.
Loss refusedJoin(const std::string& doing, const Reply& reply);
/// The same of a request once we are in the room.
Loss refusedRequest(const std::string& doing, const Reply& reply);

} // namespace spillway::daemon::janus
