#include "daemon/http/problem.h"
#include "daemon/http/resources/resources.h"

namespace spillway::daemon::http {

namespace {

constexpr std::chrono::seconds retryAfter{1};

Router::AnswerNow check(std::function<std::optional<std::string>()> fault) {
    return [fault = std::move(fault)](const Request&) -> Response {
        if (const auto why = fault()) return problem(503, *why, retryAfter);
        return {200, "text/plain; charset=utf-8", "ok\n"};
    };
}

} // namespace

void addHealth(Router& router, Health health) {
    router.get("/healthz", Access::open, check(std::move(health.unhealthy)));
    router.get("/readyz", Access::open, check(std::move(health.unready)));
}

} // namespace spillway::daemon::http
