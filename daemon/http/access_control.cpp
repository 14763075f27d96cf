#include "daemon/http/access_control.h"

#include "daemon/http/problem.h"

#include <gio/gio.h>

namespace spillway::daemon::http {

namespace {

constexpr std::string_view bearer = "bearer ";

/// RFC 9110: the scheme is case-insensitive.
std::optional<std::string_view> bearerToken(const std::string* authorization) {
    if (authorization == nullptr || authorization->size() <= bearer.size()) return std::nullopt;
    if (g_ascii_strncasecmp(authorization->c_str(), bearer.data(), bearer.size()) != 0) return std::nullopt;
    std::string_view token(*authorization);
    token.remove_prefix(std::min(token.find_first_not_of(' ', bearer.size()), token.size()));
    return token;
}

/// `127.0.0.1:8080`, `[::1]:8080` and `name:8080` without the port.
std::string hostOnly(const std::string& host) {
    if (host.starts_with('[')) return host.substr(1, host.find(']') - 1);
    return host.substr(0, host.find(':'));
}

bool grants(Access role, Access needed) {
    return role == Access::admin || role == needed;
}

} // namespace

std::optional<Access> AccessControl::roleOf(const Request& request) const {
    if (!settings_.hasTokens()) return Access::admin;
    const auto token = bearerToken(request.header("authorization"));
    if (!token) return std::nullopt;
    // Makes every comparison, so that the time does not reveal which token it was.
    const bool admin = settings_.adminToken && settings_.adminToken->matches(*token);
    const bool publish = settings_.publishToken && settings_.publishToken->matches(*token);
    const bool view = settings_.viewToken && settings_.viewToken->matches(*token);
    if (admin) return Access::admin;
    if (publish) return Access::publish;
    if (view) return Access::view;
    return std::nullopt;
}

std::optional<Response> AccessControl::refuse(std::optional<Access> role, Access needed) const {
    if (needed == Access::open || (role && grants(*role, needed))) return std::nullopt;
    if (!role)
        return problem(401, "a valid Bearer token is required")
            .with("WWW-Authenticate", "Bearer realm=\"spillway\"");
    return problem(403, "the role of this token does not allow that");
}

std::optional<Response> AccessControl::refuseHost(const Request& request) const {
    const std::string* header = request.header("host");
    if (settings_.hasTokens() || header == nullptr) return std::nullopt;
    const std::string host = hostOnly(*header);
    if (host == "localhost" || g_hostname_is_ip_address(host.c_str())) return std::nullopt;
    return problem(421, "without tokens only localhost and numeric addresses are served");
}

std::optional<std::string> corsProblem(const config::HttpSettings& settings) {
    if (settings.hasTokens() || settings.cors.empty()) return std::nullopt;
    return "without http.tokens everybody is admin, and so would be every page of " + settings.cors.front() +
           "; set tokens, or leave out cors";
}

std::vector<std::string> exposureProblems(const config::HttpSettings& settings) {
    std::vector<std::string> problems;
    if (settings.hasTokens()) return problems;
    for (const auto& address : settings.listen) {
        if (address.isLocal()) continue;
        problems.push_back(address.text() +
                           " can be reached by others, but there are no tokens; allowed without "
                           "http.tokens: 127.0.0.0/8, [::1], unix:PATH");
    }
    return problems;
}

} // namespace spillway::daemon::http
