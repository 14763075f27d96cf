#include "daemon/metrics/relay_metrics.h"

#include <array>

namespace spillway::daemon::metrics {

namespace {

using relay::CallState;
using relay::Snapshot;

constexpr std::array callStates{CallState::joining, CallState::joined, CallState::left};

void addStates(Families& families, const Snapshot& snapshot) {
    Family calls = gauge("calls", "Calls by the state of their connector.");
    Family states = gauge("call_state", "1 for the state that the call is in.");
    for (const CallState state : callStates) {
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
    Family peers = gauge("peers", "WebRTC peers that exist, of all calls.");
    double count = 0;
    for (const auto& call : snapshot.calls)
        count += call.peers;
    peers.add({}, count);
    std::move(peers).moveTo(families);
}

void addLosses(Families& families, const Snapshot& snapshot) {
    Family reconnects =
        counter("call_reconnects_total", "Sessions that took over from an older one of their participant.");
    Family lost = counter("peer_lost_total", "Peers that were lost, by what told.");
    for (const auto& call : snapshot.calls) {
        reconnects.add({{"call", call.name}, {"reason", "replaced"}}, static_cast<double>(call.reconnects));
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
