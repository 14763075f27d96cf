#include "daemon/http/access_control.h"
#include "daemon/http/problem.h"
#include "daemon/http/resources/resources.h"

#include <algorithm>
#include <memory>

namespace spillway::daemon::http {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds retryAfter{1};
/// Everybody may ask, and a snapshot of a large node takes milliseconds.
constexpr std::chrono::seconds lookEvery{1};

/// What does not work, though the daemon is well: a line each, with the name of the subscription. Why, a path
/// perhaps, stands in /v1/subscriptions.
std::string complaints(const relay::Snapshot& snapshot) {
    std::string text;
    for (const auto& subscription : snapshot.subscriptions) {
        if (!subscription.problem.empty()) text += "subscription " + subscription.name + " cannot serve\n";
        if (std::any_of(subscription.subscribers.begin(), subscription.subscribers.end(),
                        [](const auto& subscriber) { return subscriber.drops; }))
            text += "subscription " + subscription.name + " drops frames\n";
    }
    return text;
}

/// As they were at most a second ago.
class Complaints {
  public:
    explicit Complaints(SnapshotSource snapshot)
        : snapshot_(std::move(snapshot)) {}

    const std::string& now() {
        const auto now = Clock::now();
        if (!looked_ || now - *looked_ >= lookEvery) {
            text_ = complaints(snapshot_());
            looked_ = now;
        }
        return text_;
    }

  private:
    const SnapshotSource snapshot_;
    std::optional<Clock::time_point> looked_;
    std::string text_;
};

/// Names are for those who may see the rest, too.
bool seesNames(const Request& request) {
    return grants(request.caller.role, Access::view) && request.caller.scope.isWhole();
}

Response summary(const std::string& complaints, bool seesNames) {
    const std::string text = complaints.empty() ? "ok\n" : "degraded\n";
    return {200, "text/plain; charset=utf-8", seesNames ? text + complaints : text};
}

} // namespace

void addHealth(Router& router, Health health) {
    const auto complaints = std::make_shared<Complaints>(std::move(health.snapshot));
    router.get("/healthz", Access::open,
               [unhealthy = std::move(health.unhealthy), complaints](const Request& request) -> Response {
                   const bool sees = seesNames(request);
                   if (const auto why = unhealthy())
                       return problem(503, sees ? *why : "not everything makes progress", retryAfter);
                   return summary(complaints->now(), sees);
               });
    router.get("/readyz", Access::open,
               [unready = std::move(health.unready), complaints](const Request& request) -> Response {
                   if (const auto why = unready()) return problem(503, *why, retryAfter);
                   return summary(complaints->now(), seesNames(request));
               });
}

} // namespace spillway::daemon::http
