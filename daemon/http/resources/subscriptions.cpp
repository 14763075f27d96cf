#include "daemon/http/json.h"
#include "daemon/http/problem.h"
#include "daemon/http/resources/create.h"
#include "daemon/http/resources/queue.h"
#include "daemon/http/resources/resources.h"

namespace spillway::daemon::http {

namespace {

Json branch(const relay::SubscriberSnapshot& subscriber) {
    return {{"track", subscriber.track.text()},
            {"target", subscriber.status.target},
            {"error", subscriber.status.error},
            {"errors", subscriber.status.errors},
            {"queue", describeQueue(subscriber.bounds, subscriber.queue)}};
}

Json describe(const relay::SubscriptionSnapshot& subscription) {
    Json branches = Json::array();
    for (const auto& subscriber : subscription.subscribers)
        branches.push_back(branch(subscriber));
    return {{"name", subscription.name},
            {"tracks", subscription.tracks},
            {"output", {{"type", subscription.output}}},
            {"branches", branches},
            {"refused", subscription.refused},
            {"problem", subscription.problem}};
}

Response list(const relay::Snapshot& snapshot) {
    Json subscriptions = Json::array();
    for (const auto& subscription : snapshot.subscriptions)
        subscriptions.push_back(describe(subscription));
    return jsonResponse({{"subscriptions", subscriptions}});
}

Response one(const relay::Snapshot& snapshot, const std::string& name, unsigned status = 200) {
    for (const auto& subscription : snapshot.subscriptions)
        if (subscription.name == name) return jsonResponse(describe(subscription), status);
    return problem(404, "there is no subscription of this name");
}

Response create(const Request& request, const SnapshotSource& snapshot, const SubscriptionActions& actions) {
    return createAndDescribe<config::SubscriptionSettings>(
        "subscription", config::loadSubscription(request.body, "body"), actions.add,
        [&](const std::string& name) {
            return one(snapshot(), name, 201).with("Location", "/v1/subscriptions/" + name);
        });
}

Response remove(const std::string& name, const SubscriptionActions& actions) {
    if (actions.remove(name)) return noContent();
    return problem(404, "there is no subscription of this name");
}

} // namespace

void addSubscriptions(Router& router, const SnapshotSource& snapshot, const SubscriptionActions& actions) {
    router.get("/v1/subscriptions", Access::view, [=](const Request&) { return list(snapshot()); });
    router.post("/v1/subscriptions", Access::admin, elementTypes,
                [=](const Request& request) { return create(request, snapshot, actions); });
    router.get("/v1/subscriptions/{name}", Access::view,
               [=](const Request& request) { return one(snapshot(), request.param("name")); });
    router.del("/v1/subscriptions/{name}", Access::admin,
               [=](const Request& request) { return remove(request.param("name"), actions); });
}

} // namespace spillway::daemon::http
