#include "daemon/http/problem.h"

#include "daemon/http/json.h"

namespace spillway::daemon::http {

Response problem(unsigned status, const std::string& detail, const std::vector<std::string>& errors) {
    Json json{
        {"type", "about:blank"}, {"title", reasonPhrase(status)}, {"status", status}, {"detail", detail}};
    if (!errors.empty()) json["errors"] = errors;
    return {status, "application/problem+json", dump(json)};
}

Response outside(const Scope& scope) {
    return problem(403, "this token is for " + scope.text() + " alone");
}

Response problem(unsigned status, const std::string& detail, std::chrono::seconds retryAfter) {
    return problem(status, detail).with("Retry-After", std::to_string(retryAfter.count()));
}

} // namespace spillway::daemon::http
