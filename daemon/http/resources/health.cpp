#include "daemon/http/problem.h"
#include "daemon/http/resources/resources.h"

namespace spillway::daemon::http {

namespace {

constexpr std::chrono::seconds retryAfter{1};

Handler check(std::function<std::optional<std::string>()> fault) {
    return [fault = std::move(fault)](const Request&, const Responder& respond) {
        if (const auto why = fault()) return respond(problem(503, *why, retryAfter));
        respond({200, "text/plain; charset=utf-8", "ok\n", {}});
    };
}

} // namespace

void addHealth(Router& router, Health health) {
    router.add({"GET", "/healthz", Access::open, {}, check(std::move(health.unhealthy))});
    router.add({"GET", "/readyz", Access::open, {}, check(std::move(health.unready))});
}

} // namespace spillway::daemon::http
