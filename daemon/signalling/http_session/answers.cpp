#include "daemon/signalling/http_session/answers.h"

#include "daemon/http/problem.h"
#include "daemon/signalling/http_session/media_types.h"

namespace spillway::daemon::http_session {

using http::Response;

Response options() {
    return http::noContent().with("Accept-Post", sdpType).with("Allow", "POST, GET, HEAD, OPTIONS");
}

Response created(const Created& session, const std::vector<std::string>& links) {
    Response response{201, sdpType, session.sdp};
    response.with("Location", session.location).with("ETag", session.etag);
    for (const auto& link : links)
        response.with("Link", link);
    return response;
}

std::optional<Response> refuse(const http::Scope* target, const http::Scope& scope) {
    if (target == nullptr) return http::problem(404, "this session does not exist or has ended");
    if (scope.covers(*target)) return std::nullopt;
    return http::outside(scope);
}

} // namespace spillway::daemon::http_session
