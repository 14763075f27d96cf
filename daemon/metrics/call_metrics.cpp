#include "daemon/metrics/relay_metrics.h"

#include <map>
#include <utility>

namespace spillway::daemon::metrics {

namespace {

using relay::CallState;
using relay::Snapshot;

void addStates(Families& families, const Snapshot& snapshot) {
    Family calls = gauge("calls", "Calls by the state of our presence in them.");
    Family states = gauge("call_state", "1 for the state that the call is in.");
    for (const CallState state : relay::callStates) {
        double count = 0;
        for (const auto& call : snapshot.calls) {
            const bool is = call.state == state;
            count += is ? 1 : 0;
            states.add({{"call", call.name}, {"state", relay::callStateName(state)}}, is ? 1 : 0);
        }
        calls.add({{"state", relay::callStateName(state)}}, count);
    }
    std::move(calls).moveTo(families);
    std::move(states).moveTo(families);
}

void addPeers(Families& families, const Snapshot& snapshot) {
    double count = 0;
    for (const auto& call : snapshot.calls)
        count += call.peers;
    addSingle(families, gauge("peers", "WebRTC peers of all calls."), count);
}

void addLosses(Families& families, const Snapshot& snapshot) {
    Family reconnects = counter(
        "call_reconnects_total",
        "Times that a call was rejoined or a participant's session was replaced by a newer one, by reason.");
    Family lost = counter("peer_lost_total", "Peers that were lost, by cause.");
    for (const auto& call : snapshot.calls) {
        for (const auto& [reason, count] : call.reconnects)
            reconnects.add({{"call", call.name}, {"reason", reason}}, static_cast<double>(count));
        for (const auto& [cause, count] : call.peersLost)
            lost.add({{"call", call.name}, {"cause", cause}}, static_cast<double>(count));
    }
    std::move(reconnects).moveTo(families);
    std::move(lost).moveTo(families);
}

/// Of a participant with two sessions, the one that sends is not known here: it rests when both do.
void addResting(Families& families, const Snapshot& snapshot) {
    std::map<std::pair<std::string, std::string>, bool> resting;
    for (const auto& call : snapshot.calls)
        for (const auto& one : call.participants) {
            if (!one.resting) continue;
            const auto [known, isNew] = resting.emplace(std::pair(call.name, one.name), *one.resting);
            if (!isNew) known->second = known->second && *one.resting;
        }
    Family family =
        gauge("publisher_resting", "1 for a publisher that was told to send little because nobody "
                                   "watches; only with `unwatched: rest`.");
    for (const auto& [who, rests] : resting)
        family.add({{"call", who.first}, {"participant", who.second}}, rests ? 1 : 0);
    std::move(family).moveTo(families);
}

} // namespace

void addCallFamilies(Families& families, const Snapshot& snapshot) {
    addStates(families, snapshot);
    addPeers(families, snapshot);
    addLosses(families, snapshot);
    addResting(families, snapshot);
}

} // namespace spillway::daemon::metrics
