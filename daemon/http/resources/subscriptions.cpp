#include "config/duration.h"
#include "config/words.h"
#include "daemon/http/json.h"
#include "daemon/http/problem.h"
#include "daemon/http/resources/create.h"
#include "daemon/http/resources/queue.h"
#include "daemon/http/resources/resources.h"
#include "daemon/http/resources/scope.h"

namespace spillway::daemon::http {

namespace {

Json settingsOf(const config::RecordOutput& record) {
    Json json{{"directory", record.directory.string()},
              {"files", config::wordOf(config::recordFilesWords, record.files)},
              {"segment", config::formatDuration(record.segment)}};
    if (record.keep) json["keep"] = config::formatDuration(*record.keep);
    if (record.maxBytes) json["max_bytes"] = *record.maxBytes;
    return json;
}

Json settingsOf(const config::RtpOutput& rtp) {
    Json json{{"host", rtp.host}, {"port", rtp.port}, {"max_tracks", rtp.maxTracks}};
    if (!rtp.sdp.empty()) json["sdp"] = rtp.sdp.string();
    return json;
}

Json describeOutput(const config::OutputSettings& output) {
    Json json = std::visit([](const auto& kind) { return settingsOf(kind); }, output);
    json["type"] = config::outputName(output);
    return json;
}

Json queueSettings(const config::QueueSettings& queue) {
    Json json = Json::object();
    if (queue.buffers) json["buffers"] = *queue.buffers;
    if (queue.bytes) json["bytes"] = *queue.bytes;
    if (queue.time) json["time"] = config::formatDuration(*queue.time);
    if (queue.policy) json["policy"] = config::policyName(*queue.policy);
    return json;
}

Json branch(const relay::SubscriberSnapshot& subscriber, Access role) {
    const auto& status = subscriber.status;
    const bool all = role == Access::admin;
    return {{"track", subscriber.track.text()},
            {"target", all ? status.target : ""},
            {"error", all || status.error.empty() ? status.error : forAdmin},
            {"errors", status.errors},
            {"dropping", subscriber.drops},
            {"queue", describeQueue(subscriber.bounds, subscriber.queue)}};
}

Json describe(const relay::SubscriptionSnapshot& subscription, Access role) {
    const bool all = role == Access::admin;
    Json branches = Json::array();
    for (const auto& subscriber : subscription.subscribers)
        branches.push_back(branch(subscriber, role));
    Json refused = Json::object();
    for (const auto& [track, reason] : subscription.refused)
        refused[track] = all ? reason : forAdmin;
    return {{"name", subscription.name},
            {"tracks", subscription.tracks},
            {"output", all ? describeOutput(subscription.output)
                           : Json{{"type", config::outputName(subscription.output)}}},
            {"queue", queueSettings(subscription.queue)},
            {"branches", branches},
            {"refused", refused},
            {"problem", all || subscription.problem.empty() ? subscription.problem : forAdmin}};
}

Response list(const relay::Snapshot& snapshot, Access role) {
    Json subscriptions = Json::array();
    for (const auto& subscription : snapshot.subscriptions)
        subscriptions.push_back(describe(subscription, role));
    return jsonResponse({{"subscriptions", subscriptions}});
}

Response one(const relay::Snapshot& snapshot, const std::string& name, Access role, unsigned status = 200) {
    for (const auto& subscription : snapshot.subscriptions)
        if (subscription.name == name) return jsonResponse(describe(subscription, role), status);
    return problem(404, "there is no subscription of this name");
}

Response create(const Request& request, const SnapshotSource& snapshot, const SubscriptionActions& actions) {
    return createAndDescribe<config::SubscriptionSettings>(
        "subscription", config::loadSubscription(request.body, "body", actions.api()), actions.add,
        [&](const std::string& name) {
            return one(snapshot(), name, request.caller.role, 201)
                .with("Location", "/v1/subscriptions/" + name);
        });
}

Response remove(const std::string& name, const SubscriptionActions& actions) {
    if (actions.remove(name)) return noContent();
    return problem(404, "there is no subscription of this name");
}

} // namespace

void addSubscriptions(Router& router, const SnapshotSource& snapshot, const SubscriptionActions& actions) {
    router.get("/v1/subscriptions", Access::view,
               [=](const Request& request) { return list(snapshot(), request.caller.role); });
    router.post("/v1/subscriptions", Access::admin, elementTypes,
                [=](const Request& request) { return create(request, snapshot, actions); });
    router.get("/v1/subscriptions/{name}", Access::view, [=](const Request& request) {
        return one(snapshot(), request.param("name"), request.caller.role);
    });
    router.del("/v1/subscriptions/{name}", Access::admin,
               [=](const Request& request) { return remove(request.param("name"), actions); });
}

} // namespace spillway::daemon::http
