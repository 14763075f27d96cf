#include "config/words.h"
#include "daemon/http/json.h"
#include "daemon/http/problem.h"
#include "daemon/http/rate_limiter.h"
#include "daemon/http/resources/create.h"
#include "daemon/http/resources/resources.h"
#include "daemon/http/resources/time.h"
#include "relay/base/log.h"

#include <memory>

namespace spillway::daemon::http {

namespace {

/// No token gives more than who asked for it has. Which roles that are is known: one who may ask is admin.
std::optional<Response> refuse(const config::TokenSettings& wanted, const WallTime& expires,
                               const Caller& caller) {
    if (!caller.scope.covers(scopeOf(wanted)))
        return problem(403, "this token is for " + caller.scope.text() + " alone, and makes none for more");
    if (caller.expires && expires > *caller.expires)
        return problem(403,
                       "this token expires at " + timestamp(*caller.expires) + ", and makes none for longer");
    return std::nullopt;
}

Response created(const config::TokenSettings& wanted, const SignedToken& token) {
    const char* role = config::wordOf(config::tokenRoleWords, wanted.role);
    log::info("token signed role={} scope={} key={} expires={}", role, scopeOf(wanted).text(), token.key,
              timestamp(token.expires));
    return jsonResponse({{"token", token.text}, {"expires", timestamp(token.expires)}, {"key", token.key}},
                        201);
}

Response make(const Request& request, const SignedTokens& tokens) {
    if (!tokens.canSign())
        return problem(404, "http.signed_tokens.keys is empty: there is no key to sign with");
    const auto loaded = config::loadToken(request.body, "body");
    if (const auto* problems = std::get_if<std::vector<config::Problem>>(&loaded))
        return invalid("token", *problems);
    const auto& wanted = std::get<config::TokenSettings>(loaded);
    const auto token = tokens.make(wanted, std::chrono::system_clock::now());
    if (auto refusal = refuse(wanted, token.expires, request.caller)) return *refusal;
    return created(wanted, token);
}

} // namespace

void addTokens(Router& router, const SignedTokens& tokens, RateLimiter::Limits rate) {
    const auto limiter = std::make_shared<RateLimiter>(rate);
    router.post("/v1/tokens", {Access::admin, Reach::filtered}, elementTypes,
                [&tokens, limiter](const Request& request) {
                    if (limiter->take({}, RateLimiter::Clock::now())) return make(request, tokens);
                    return problem(429, "too many tokens are asked for", limiter->retryAfter());
                });
}

} // namespace spillway::daemon::http
