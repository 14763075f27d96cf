#include "daemon/http/problem.h"
#include "daemon/http/resources/resources.h"

#include <algorithm>

namespace spillway::daemon::http {

namespace {

constexpr std::chrono::seconds retryAfter{1};

/// What does not work, though the daemon is well. Everybody may ask: why, a path perhaps, stands in
/// /v1/subscriptions.
std::string summary(const relay::Snapshot& snapshot) {
    std::string text;
    for (const auto& subscription : snapshot.subscriptions) {
        if (!subscription.problem.empty()) text += "subscription " + subscription.name + " cannot serve\n";
        if (std::any_of(subscription.subscribers.begin(), subscription.subscribers.end(),
                        [](const auto& subscriber) { return subscriber.drops; }))
            text += "subscription " + subscription.name + " drops frames\n";
    }
    return text.empty() ? "ok\n" : "degraded\n" + text;
}

Router::AnswerNow check(std::function<std::optional<std::string>()> fault, const SnapshotSource& snapshot) {
    return [fault = std::move(fault), snapshot](const Request&) -> Response {
        if (const auto why = fault()) return problem(503, *why, retryAfter);
        return {200, "text/plain; charset=utf-8", summary(snapshot())};
    };
}

} // namespace

void addHealth(Router& router, Health health) {
    router.get("/healthz", Access::open, check(std::move(health.unhealthy), health.snapshot));
    router.get("/readyz", Access::open, check(std::move(health.unready), health.snapshot));
}

} // namespace spillway::daemon::http
