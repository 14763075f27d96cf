#include "daemon/http/json.h"
#include "daemon/http/problem.h"
#include "daemon/http/resources/create.h"
#include "daemon/http/resources/resources.h"
#include "daemon/http/resources/scope.h"
#include "daemon/http/resources/time.h"

#include <algorithm>

namespace spillway::daemon::http {

namespace {

/// Whether a track of it lies inside.
bool hasTrack(const Scope& scope, const relay::Snapshot& snapshot, const Scope& within) {
    return std::any_of(snapshot.tracks.begin(), snapshot.tracks.end(), [&](const auto& track) {
        return scope.covers(scopeOf(track.name)) && within.covers(scopeOf(track.name));
    });
}

/// A token that names no call sees those where its participant is, or its source.
bool isVisible(const Scope& scope, const relay::CallSnapshot& call, const relay::Snapshot& snapshot) {
    if (!scope.call.empty()) return scope.call == call.name;
    if (!scope.source.empty()) return hasTrack(scope, snapshot, {call.name});
    return scope.participant.empty() ||
           std::any_of(call.participants.begin(), call.participants.end(),
                       [&](const auto& one) { return one.name == scope.participant; });
}

Json participants(const relay::CallSnapshot& call, const relay::Snapshot& snapshot, const Scope& scope) {
    Json list = Json::array();
    for (const auto& one : call.participants) {
        if (!scope.meets({call.name, one.name})) continue;
        if (!scope.source.empty() && !hasTrack(scope, snapshot, {call.name, one.name})) continue;
        list.push_back({{"name", one.name}, {"display", one.display}, {"connected", one.connected}});
        if (one.resting) list.back()["resting"] = *one.resting;
    }
    return list;
}

Json trackNames(const relay::CallSnapshot& call, const relay::Snapshot& snapshot, const Scope& scope) {
    Json names = Json::array();
    for (const auto& track : snapshot.tracks)
        if (track.name.call == call.name && scope.covers(scopeOf(track.name)))
            names.push_back(track.name.text());
    return names;
}

/// Who sees a part of a call learns nothing of the rest.
Json describe(const relay::CallSnapshot& call, const relay::Snapshot& snapshot, const Scope& scope) {
    Json json{{"name", call.name},
              {"type", call.type},
              {"state", relay::callStateName(call.state)},
              {"detail", call.detail},
              {"since", timestamp(call.since)},
              {"participants", participants(call, snapshot, scope)},
              {"tracks", trackNames(call, snapshot, scope)},
              {"peers", call.peers},
              {"reconnects", call.reconnects},
              {"peers_lost", call.peersLost}};
    if (scope.covers({call.name})) return json;
    for (const char* ofAll : {"detail", "peers", "reconnects", "peers_lost"})
        json.erase(ofAll);
    return json;
}

Response list(const relay::Snapshot& snapshot, const Scope& scope) {
    Json calls = Json::array();
    for (const auto& call : snapshot.calls)
        if (isVisible(scope, call, snapshot)) calls.push_back(describe(call, snapshot, scope));
    return jsonResponse({{"calls", calls}});
}

Response one(const relay::Snapshot& snapshot, const std::string& name, const Scope& scope,
             unsigned status = 200) {
    for (const auto& call : snapshot.calls)
        if (call.name == name && isVisible(scope, call, snapshot))
            return jsonResponse(describe(call, snapshot, scope), status);
    if (scope.call.empty() && !scope.isWhole()) return outside(scope);
    return problem(404, "there is no call of this name");
}

Response create(const Request& request, const SnapshotSource& snapshot, const CallActions& actions) {
    return createAndDescribe<config::CallSettings>(
        "call", config::loadCall(request.body, "body", actions.api()), actions.add,
        [&](const std::string& name) {
            return one(snapshot(), name, request.caller.scope, 201).with("Location", "/v1/calls/" + name);
        });
}

void remove(const std::string& name, const CallActions& actions, const Responder& respond) {
    const auto onLeft = [respond] { respond(noContent()); };
    if (!actions.leave(name, onLeft)) respond(problem(404, "there is no call of this name"));
}

} // namespace

void addCalls(Router& router, const SnapshotSource& snapshot, const CallActions& actions) {
    const Needs view{Access::view, Reach::filtered};
    router.get("/v1/calls", view,
               [=](const Request& request) { return list(snapshot(), request.caller.scope); });
    router.get("/v1/calls/{call}", view, [=](const Request& request) {
        return one(snapshot(), request.param("call"), request.caller.scope);
    });
    router.post("/v1/calls", Access::admin, elementTypes,
                [=](const Request& request) { return create(request, snapshot, actions); });
    // Answers once the call has been left.
    router.add({"DELETE",
                "/v1/calls/{call}",
                {Access::admin, Reach::named},
                "",
                [=](const Request& request, const Responder& respond) {
                    remove(request.param("call"), actions, respond);
                }});
}

} // namespace spillway::daemon::http
