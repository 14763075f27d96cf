#include "daemon/http/json.h"
#include "daemon/http/problem.h"
#include "daemon/http/resources/queue.h"
#include "daemon/http/resources/resources.h"
#include "daemon/http/resources/scope.h"

#include <map>
#include <utility>

namespace spillway::daemon::http {

namespace {

Json keyframes(const relay::TrackSnapshot& track) {
    Json wishes = Json::object();
    for (std::size_t i = 0; i < relay::wishReasons; ++i)
        wishes[relay::wishReasonName(static_cast<relay::WishReason>(i))] = track.keyframeWishes.at(i);
    return {{"received", track.keyframes},
            {"requests", track.keyframeRequests},
            {"wishes", wishes},
            {"missing", track.noKeyframes}};
}

using Takers = std::map<relay::TrackName, Json>;

/// Who takes each track: the subscriptions with a branch on it.
Takers takers(const relay::Snapshot& snapshot) {
    Takers takers;
    for (const auto& subscription : snapshot.subscriptions)
        for (const auto& subscriber : subscription.subscribers)
            takers[subscriber.track].push_back(subscription.name);
    return takers;
}

Json subscribersOf(const relay::TrackName& track, const Takers& takers) {
    const auto found = takers.find(track);
    return found == takers.end() ? Json::array() : found->second;
}

Json describe(const relay::ViewerSnapshot& viewer, const relay::ViewerTrackSnapshot& track) {
    return {{"id", viewer.id},
            {"state", viewer.state == relay::ViewerState::connected ? "connected" : "connecting"},
            {"age_seconds", viewer.age},
            {"packets", track.counters.packets},
            {"bytes", track.counters.bytes},
            {"retransmitted_packets", track.counters.retransmitted},
            {"unavailable_packets", track.counters.unavailable},
            {"keyframe_wishes", track.counters.keyframesWanted},
            {"lost_packets", track.reception.lost},
            {"fraction_lost", track.reception.fractionLost},
            {"jitter_seconds", track.reception.jitter},
            {"round_trip_seconds", track.reception.roundTrip},
            {"bandwidth_bits_per_second", viewer.bandwidth},
            {"queue", describeQueue(track.bounds, track.queue)}};
}

/// Where a viewer is, an admin sees alone.
Json viewers(const relay::TrackName& name, const relay::Snapshot& snapshot, const Caller& caller) {
    Json list = Json::array();
    for (const auto& viewer : snapshot.viewers)
        for (const auto& track : viewer.tracks) {
            if (track.track != name) continue;
            list.push_back(describe(viewer, track));
            if (caller.role == Access::admin) list.back()["address"] = viewer.address;
        }
    return list;
}

std::map<relay::TrackName, std::size_t> viewerCounts(const relay::Snapshot& snapshot) {
    std::map<relay::TrackName, std::size_t> counts;
    for (const auto& viewer : snapshot.viewers)
        for (const auto& track : viewer.tracks)
            ++counts[track.track];
    return counts;
}

/// `viewers` is each of them, or how many.
Json describe(const relay::TrackSnapshot& track, const Takers& takers, Json viewers) {
    Json json{{"name", track.name.text()},
              {"call", track.name.call},
              {"participant", track.name.participant},
              {"source", track.name.source},
              {"kind", track.kind == relay::MediaKind::video ? "video" : "audio"},
              {"codec", track.codec},
              {"clock_rate", track.clockRate},
              {"state", relay::trackStateName(track.state)},
              {"draining", track.draining},
              {"subscribers", subscribersOf(track.name, takers)},
              {"viewers", std::move(viewers)},
              {"received_packets", track.receivedPackets},
              {"received_bytes", track.receivedBytes},
              {"drained_packets", track.drainedPackets},
              {"lost_packets", track.lostPackets},
              {"last_packet_age_seconds", nullptr},
              {"keyframes", keyframes(track)}};
    if (track.lastPacketAge) json["last_packet_age_seconds"] = *track.lastPacketAge;
    return json;
}

/// A token for a part of the node does not see which subscriptions there are.
Json seenBy(const Caller& caller, Json track) {
    if (!caller.scope.isWhole()) track.erase("subscribers");
    return track;
}

Response list(const relay::Snapshot& snapshot, const Caller& caller) {
    Json tracks = Json::array();
    auto counts = viewerCounts(snapshot);
    const auto taken = takers(snapshot);
    for (const auto& track : snapshot.tracks)
        if (caller.scope.covers(scopeOf(track.name)))
            tracks.push_back(seenBy(caller, describe(track, taken, counts[track.name])));
    return jsonResponse({{"tracks", tracks}});
}

Response one(const relay::Snapshot& snapshot, const relay::TrackName& name, const Caller& caller) {
    for (const auto& track : snapshot.tracks)
        if (track.name == name)
            return jsonResponse(
                seenBy(caller, describe(track, takers(snapshot), viewers(name, snapshot, caller))));
    return problem(404, "there is no track of this name");
}

} // namespace

void addTracks(Router& router, const SnapshotSource& snapshot) {
    router.get("/v1/tracks", {Access::view, Reach::filtered},
               [=](const Request& request) { return list(snapshot(), request.caller); });
    const Needs named{Access::view, Reach::named};
    router.get("/v1/tracks/{call}/{participant}/{source}", named, [=](const Request& request) {
        return one(snapshot(), {request.param("call"), request.param("participant"), request.param("source")},
                   request.caller);
    });
}

} // namespace spillway::daemon::http
