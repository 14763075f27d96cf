// What the WHIP and the WHEP server answer alike. Pure code, any thread.
#pragma once

#include "daemon/http/caller.h"
#include "daemon/http/message.h"

#include <optional>
#include <string>
#include <vector>

namespace spillway::daemon::http_session {

/// To OPTIONS. The same for every path, so that who has no token does not learn what there is. ICE servers
/// and their credentials come with the answer to an offer, which needs one.
http::Response options();

struct Created {
    std::string location;
    std::string etag; ///< with its quotes
    std::string sdp;  ///< our answer
};
/// 201 to an offer; `links` are the values of iceLinks().
http::Response created(const Created& session, const std::vector<std::string>& links);

/// What is said to who may not reach a session: `target` is what it is about; null, there is none.
std::optional<http::Response> refuse(const http::Scope* target, const http::Scope& scope);

} // namespace spillway::daemon::http_session
