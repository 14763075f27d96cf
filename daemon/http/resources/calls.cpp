#include "config/loader.h"
#include "daemon/http/json.h"
#include "daemon/http/problem.h"
#include "daemon/http/resources/refusal.h"
#include "daemon/http/resources/resources.h"
#include "daemon/http/resources/time.h"

namespace spillway::daemon::http {

namespace {

Json participants(const relay::CallSnapshot& call) {
    Json list = Json::array();
    for (const auto& one : call.participants)
        list.push_back({{"name", one.name}, {"display", one.display}, {"connected", one.connected}});
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
    const auto loaded = config::loadCall(request.body, "body");
    if (const auto* problems = std::get_if<std::vector<config::Problem>>(&loaded))
        return invalid("call", *problems);
    const auto& settings = std::get<config::CallSettings>(loaded);
    try {
        actions.add(settings);
    } catch (const relay::Refused& refused) {
        return refusal(refused);
    }
    return one(snapshot(), settings.name, 201).with("Location", "/v1/calls/" + settings.name);
}

void remove(const std::string& name, const CallActions& actions, const Responder& respond) {
    const auto onLeft = [respond] { respond({204, {}, {}, {}}); };
    if (!actions.leave(name, onLeft)) respond(problem(404, "there is no call of this name"));
}

} // namespace

void addCalls(Router& router, const SnapshotSource& snapshot, const CallActions& actions) {
    router.add({"GET", "/v1/calls", Access::view, {}, [=](const Request&, const Responder& respond) {
                    respond(list(snapshot()));
                }});
    router.add(
        {"GET", "/v1/calls/{call}", Access::view, {}, [=](const Request& request, const Responder& respond) {
             respond(one(snapshot(), request.param("call")));
         }});
    router.add({"POST", "/v1/calls", Access::admin, elementTypes,
                [=](const Request& request, const Responder& respond) {
                    respond(create(request, snapshot, actions));
                }});
    router.add({"DELETE",
                "/v1/calls/{call}",
                Access::admin,
                {},
                [=](const Request& request, const Responder& respond) {
                    remove(request.param("call"), actions, respond);
                }});
}

} // namespace spillway::daemon::http
