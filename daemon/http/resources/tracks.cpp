#include "daemon/http/json.h"
#include "daemon/http/problem.h"
#include "daemon/http/resources/resources.h"

namespace spillway::daemon::http {

namespace {

Json keyframes(const relay::TrackSnapshot& track) {
    Json wishes = Json::object();
    for (std::size_t i = 0; i < relay::wishReasons; ++i)
        wishes[relay::wishReasonName(static_cast<relay::WishReason>(i))] = track.keyframeWishes.at(i);
    return {{"received", track.keyframes}, {"requests", track.keyframeRequests}, {"wishes", wishes}};
}

/// Who takes it: the subscriptions with a branch on this track.
Json subscribers(const relay::TrackSnapshot& track, const relay::Snapshot& snapshot) {
    Json names = Json::array();
    for (const auto& subscription : snapshot.subscriptions)
        for (const auto& subscriber : subscription.subscribers)
            if (subscriber.track == track.name) names.push_back(subscription.name);
    return names;
}

Json describe(const relay::TrackSnapshot& track, const relay::Snapshot& snapshot) {
    Json json{{"name", track.name.text()},
              {"call", track.name.call},
              {"participant", track.name.participant},
              {"source", track.name.source},
              {"kind", track.kind == relay::MediaKind::video ? "video" : "audio"},
              {"codec", track.codec},
              {"clock_rate", track.clockRate},
              {"state", relay::trackStateName(track.state)},
              {"draining", track.draining},
              {"subscribers", subscribers(track, snapshot)},
              {"received_packets", track.receivedPackets},
              {"received_bytes", track.receivedBytes},
              {"drained_packets", track.drainedPackets},
              {"lost_packets", track.lostPackets},
              {"last_packet_age_seconds", nullptr},
              {"keyframes", keyframes(track)}};
    if (track.lastPacketAge) json["last_packet_age_seconds"] = *track.lastPacketAge;
    return json;
}

Response list(const relay::Snapshot& snapshot) {
    Json tracks = Json::array();
    for (const auto& track : snapshot.tracks)
        tracks.push_back(describe(track, snapshot));
    return jsonResponse({{"tracks", tracks}});
}

Response one(const relay::Snapshot& snapshot, const relay::TrackName& name) {
    for (const auto& track : snapshot.tracks)
        if (track.name == name) return jsonResponse(describe(track, snapshot));
    return problem(404, "there is no track of this name");
}

} // namespace

void addTracks(Router& router, const SnapshotSource& snapshot) {
    router.add({"GET", "/v1/tracks", Access::view, {}, [=](const Request&, const Responder& respond) {
                    respond(list(snapshot()));
                }});
    router.add({"GET",
                "/v1/tracks/{call}/{participant}/{source}",
                Access::view,
                {},
                [=](const Request& request, const Responder& respond) {
                    respond(one(snapshot(), {request.param("call"), request.param("participant"),
                                             request.param("source")}));
                }});
}

} // namespace spillway::daemon::http
