#include "daemon/http/json.h"
#include "daemon/http/problem.h"
#include "daemon/http/resources/create.h"
#include "daemon/http/resources/resources.h"
#include "daemon/http/resources/time.h"

namespace spillway::daemon::http {

namespace {

Json participants(const relay::CallSnapshot& call) {
    Json list = Json::array();
    for (const auto& one : call.participants) {
        list.push_back({{"name", one.name}, {"display", one.display}, {"connected", one.connected}});
        if (one.resting) list.back()["resting"] = *one.resting;
    }
    return list;
}

Json trackNames(const relay::CallSnapshot& call, const relay::Snapshot& snapshot) {
    Json names = Json::array();
    for (const auto& track : snapshot.tracks)
        if (track.name.call == call.name) names.push_back(track.name.text());
    return names;
}

Json describe(const relay::CallSnapshot& call, const relay::Snapshot& snapshot) {
    return {{"name", call.name},
            {"type", call.type},
            {"state", relay::callStateName(call.state)},
            {"detail", call.detail},
            {"since", timestamp(call.since)},
            {"participants", participants(call)},
            {"tracks", trackNames(call, snapshot)},
            {"peers", call.peers},
            {"reconnects", call.reconnects},
            {"peers_lost", call.peersLost}};
}

Response list(const relay::Snapshot& snapshot) {
    Json calls = Json::array();
    for (const auto& call : snapshot.calls)
        calls.push_back(describe(call, snapshot));
    return jsonResponse({{"calls", calls}});
}

Response one(const relay::Snapshot& snapshot, const std::string& name, unsigned status = 200) {
    for (const auto& call : snapshot.calls)
        if (call.name == name) return jsonResponse(describe(call, snapshot), status);
    return problem(404, "there is no call of this name");
}

Response create(const Request& request, const SnapshotSource& snapshot, const CallActions& actions) {
    return createAndDescribe<config::CallSettings>(
        "call", config::loadCall(request.body, "body", actions.api()), actions.add,
        [&](const std::string& name) {
            return one(snapshot(), name, 201).with("Location", "/v1/calls/" + name);
        });
}

void remove(const std::string& name, const CallActions& actions, const Responder& respond) {
    const auto onLeft = [respond] { respond(noContent()); };
    if (!actions.leave(name, onLeft)) respond(problem(404, "there is no call of this name"));
}

} // namespace

void addCalls(Router& router, const SnapshotSource& snapshot, const CallActions& actions) {
    router.get("/v1/calls", Access::view, [=](const Request&) { return list(snapshot()); });
    router.get("/v1/calls/{call}", Access::view,
               [=](const Request& request) { return one(snapshot(), request.param("call")); });
    router.post("/v1/calls", Access::admin, elementTypes,
                [=](const Request& request) { return create(request, snapshot, actions); });
    // Answers once the call has been left.
    router.add({"DELETE", "/v1/calls/{call}", Access::admin, "",
                [=](const Request& request, const Responder& respond) {
                    remove(request.param("call"), actions, respond);
                }});
}

} // namespace spillway::daemon::http
