#include "config/loader.h"
#include "daemon/http/json.h"
#include "daemon/http/problem.h"
#include "daemon/http/resources/queue.h"
#include "daemon/http/resources/refusal.h"
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
            {"refused", subscription.refused}};
}

Response list(const relay::Snapshot& snapshot) {
    Json subscriptions = Json::array();
    for (const auto& subscription : snapshot.subscriptions)
        subscriptions.push_back(describe(subscription));
    return jsonResponse({{"subscriptions", subscriptions}});
}

Response one(const relay::Snapshot& snapshot, const std::string& name, unsigned status) {
    for (const auto& subscription : snapshot.subscriptions)
        if (subscription.name == name) return jsonResponse(describe(subscription), status);
    return problem(404, "there is no subscription of this name");
}

Response create(const Request& request, const SnapshotSource& snapshot, const SubscriptionActions& actions) {
    const auto loaded = config::loadSubscription(request.body, "body");
    if (const auto* problems = std::get_if<std::vector<config::Problem>>(&loaded))
        return invalid("subscription", *problems);
    const auto& settings = std::get<config::SubscriptionSettings>(loaded);
    try {
        actions.add(settings);
    } catch (const relay::Refused& refused) {
        return refusal(refused);
    }
    return one(snapshot(), settings.name, 201).with("Location", "/v1/subscriptions/" + settings.name);
}

Response remove(const std::string& name, const SubscriptionActions& actions) {
    if (actions.remove(name)) return {204, {}, {}, {}};
    return problem(404, "there is no subscription of this name");
}

} // namespace

void addSubscriptions(Router& router, const SnapshotSource& snapshot, const SubscriptionActions& actions) {
    router.add({"GET", "/v1/subscriptions", Access::view, {}, [=](const Request&, const Responder& respond) {
                    respond(list(snapshot()));
                }});
    router.add({"POST", "/v1/subscriptions", Access::admin, elementTypes,
                [=](const Request& request, const Responder& respond) {
                    respond(create(request, snapshot, actions));
                }});
    router.add({"GET",
                "/v1/subscriptions/{name}",
                Access::view,
                {},
                [=](const Request& request, const Responder& respond) {
                    respond(one(snapshot(), request.param("name"), 200));
                }});
    router.add({"DELETE",
                "/v1/subscriptions/{name}",
                Access::admin,
                {},
                [=](const Request& request, const Responder& respond) {
                    respond(remove(request.param("name"), actions));
                }});
}

} // namespace spillway::daemon::http
