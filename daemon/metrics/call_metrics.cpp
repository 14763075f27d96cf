#include "daemon/metrics/relay_metrics.h"

namespace spillway::daemon::metrics {

namespace {

using relay::CallState;
using relay::Snapshot;

void addStates(Families& families, const Snapshot& snapshot) {
    Family calls = gauge("calls", "Calls by the state of their connector.");
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

} // namespace

void addCallFamilies(Families& families, const Snapshot& snapshot) {
    addStates(families, snapshot);
    addPeers(families, snapshot);
    addLosses(families, snapshot);
}

} // namespace spillway::daemon::metrics
