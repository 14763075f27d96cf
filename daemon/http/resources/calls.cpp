#include "daemon/http/json.h"
#include "daemon/http/problem.h"
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

Response one(const relay::Snapshot& snapshot, const std::string& name) {
    for (const auto& call : snapshot.calls)
        if (call.name == name) return jsonResponse(describe(call, snapshot));
    return problem(404, "there is no call of this name");
}

} // namespace

void addCalls(Router& router, const SnapshotSource& snapshot) {
    router.add({"GET", "/v1/calls", Access::view, {}, [=](const Request&, const Responder& respond) {
                    respond(list(snapshot()));
                }});
    router.add(
        {"GET", "/v1/calls/{call}", Access::view, {}, [=](const Request& request, const Responder& respond) {
             respond(one(snapshot(), request.param("call")));
         }});
}

} // namespace spillway::daemon::http
