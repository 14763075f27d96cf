#include "daemon/http/access_control.h"

#include "daemon/http/problem.h"

#include <gio/gio.h>

namespace spillway::daemon::http {

namespace {

/// `127.0.0.1:8080`, `[::1]:8080` and `name:8080` without the port.
std::string hostOnly(const std::string& host) {
    if (host.starts_with('[')) return host.substr(1, host.find(']') - 1);
    return host.substr(0, host.find(':'));
}

/// Basic is not asked for: browsers would keep what is typed, and send it along with every request.
Response unauthorized(const std::string& why) {
    return problem(401, why).with("WWW-Authenticate", "Bearer realm=\"spillway\"");
}

bool isBeside(Credential::Way way) {
    return way == Credential::Way::url || way == Credential::Way::basic;
}

/// What the path names.
Scope targetOf(const Match& match) {
    const auto param = [&](const char* name) {
        const auto found = match.params.find(name);
        return found == match.params.end() ? std::string() : found->second;
    };
    return {param("call"), param("participant"), param("source")};
}

bool reaches(const Scope& scope, const Match& match) {
    switch (match.route->needs.reach) {
    case Reach::whole:
        return scope.isWhole();
    case Reach::named:
        return scope.covers(targetOf(match));
    case Reach::filtered:
        return scope.meets(targetOf(match));
    }
    return false;
}

} // namespace

bool grants(Access role, Access needed) {
    if (needed == Access::open || role == Access::admin || role == needed) return true;
    return role == Access::view && needed == Access::monitor;
}

std::variant<Caller, Response> AccessControl::admit(const Request& request, const Match& match) const {
    if (!settings_.hasTokens()) return Caller{Access::admin};
    const Needs& needs = match.route->needs;
    const auto credential = credentialOf(request);
    if (!credential) return problem(400, "send a token in the header or in the URL, not in both");
    if (needs.access == Access::open &&
        (needs.tokenPlace == TokenPlace::header || !isBeside(credential->way)))
        return known(*credential);
    auto identified = identify(*credential, needs.tokenPlace);
    const auto* caller = std::get_if<Caller>(&identified);
    if (caller == nullptr) return identified;
    if (!grants(caller->role, needs.access))
        return problem(403, "the role of this token does not allow that");
    if (!reaches(caller->scope, match)) return outside(caller->scope);
    return identified;
}

/// For what is open to all a token that does not count is as good as none.
Caller AccessControl::known(const Credential& credential) const {
    if (credential.way != Credential::Way::bearer) return {};
    const auto identified = identify(credential, TokenPlace::header);
    const auto* caller = std::get_if<Caller>(&identified);
    return caller == nullptr ? Caller{} : *caller;
}

std::variant<Caller, Response> AccessControl::identify(const Credential& credential, TokenPlace place) const {
    const bool beside = isBeside(credential.way);
    if (credential.way == Credential::Way::none) return unauthorized("a valid Bearer token is required");
    if (beside && place == TokenPlace::header)
        return unauthorized("a valid Bearer token is required; in the URL or in Basic it counts for WHEP and "
                            "the player alone");
    if (!beside)
        if (const auto role = fixedRole(credential.token)) return Caller{*role};
    const auto read = signedTokens_.read(credential.token, std::chrono::system_clock::now());
    if (const auto* why = std::get_if<std::string>(&read)) return unauthorized(*why);
    const auto& caller = std::get<Caller>(read);
    if (beside && (caller.role != Access::view || caller.scope.isWhole()))
        return problem(403,
                       "in the URL or in Basic a token must be of the role view, and for a part of the node");
    return caller;
}

/// The strongest role of this token. Makes every comparison, so that the time does not reveal which it was.
std::optional<Access> AccessControl::fixedRole(const std::string& token) const {
    const auto matches = [&](const std::optional<config::Secret>& secret) {
        return secret && secret->matches(token);
    };
    const bool admin = matches(settings_.adminToken);
    const bool publish = matches(settings_.publishToken);
    const bool view = matches(settings_.viewToken);
    const bool monitor = matches(settings_.monitorToken);
    if (admin) return Access::admin;
    if (publish) return Access::publish;
    if (view) return Access::view;
    if (monitor) return Access::monitor;
    return std::nullopt;
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
