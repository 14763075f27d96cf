#include "daemon/http/cors.h"

#include <algorithm>

namespace spillway::daemon::http {

void Cors::addTo(Response& response, const Request& request) const {
    if (origins_.empty()) return;
    response.with("Vary", "Origin");
    const std::string* origin = request.header("origin");
    if (origin == nullptr || !allows(*origin)) return;
    response.with("Access-Control-Allow-Origin", *origin);
    response.with("Access-Control-Expose-Headers", "Location, ETag, Link, Accept-Post, Allow, Retry-After");
}

Response Cors::preflight(const std::string& allowedMethods) const {
    return noContent()
        .with("Allow", allowedMethods)
        .with("Access-Control-Allow-Methods", allowedMethods)
        .with("Access-Control-Allow-Headers", "Authorization, Content-Type, If-Match, Last-Event-ID")
        .with("Access-Control-Max-Age", "600");
}

bool Cors::isPreflight(const Request& request) {
    return request.method == "OPTIONS" && request.header("access-control-request-method") != nullptr;
}

bool Cors::allows(const std::string& origin) const {
    return std::any_of(origins_.begin(), origins_.end(),
                       [&](const auto& allowed) { return allowed == "*" || allowed == origin; });
}

} // namespace spillway::daemon::http
