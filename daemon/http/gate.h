// What is checked from the head of a request alone, before a byte of its body is looked at: route, method,
// role, rate, media type, sizes.
//
// Comes in: the head and who sent it. Goes out: the route, and the refusal if there is one. Owner: Server.
// Loop thread.
#pragma once

#include "config/settings.h"
#include "daemon/http/access_control.h"
#include "daemon/http/cors.h"
#include "daemon/http/rate_limiter.h"
#include "daemon/http/router.h"

#include <optional>
#include <string>

namespace spillway::daemon::http {

inline constexpr std::size_t maxBody = 65536;
inline constexpr std::size_t maxHeaders = 16384;

class Gate {
  public:
    /// `guesses` is for requests that are refused for their token, `posts` for those that begin something,
    /// `reads` for the rest.
    Gate(const config::HttpSettings& settings, const Router& router, RateLimiter::Limits guesses,
         RateLimiter::Limits posts, RateLimiter::Limits reads)
        : router_(router)
        , access_(settings)
        , cors_(settings.cors)
        , guesses_(guesses)
        , posts_(posts)
        , reads_(reads) {}

    struct Passage {
        Match match;
        Caller caller;
        std::optional<Response> refusal; ///< or the answer that needs no handler (OPTIONS)
    };
    Passage enter(const Request& head);

    const Cors& cors() const { return cors_; }
    SignedTokens& signedTokens() { return access_.signedTokens(); }

  private:
    std::optional<Response> refuse(const Request& head, Passage& passage);
    std::optional<Response> refuseCaller(const Request& head, Passage& passage);

    const Router& router_;
    AccessControl access_;
    Cors cors_;
    RateLimiter guesses_;
    RateLimiter posts_;
    RateLimiter reads_;
};

/// 413
Response tooLong();

/// What `Content-Length` says; 0 when it is absent. A chunked body says nothing.
std::uint64_t contentLength(const Request& head);

} // namespace spillway::daemon::http
