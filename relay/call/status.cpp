#include "relay/call/status.h"

#include "relay/base/log.h"

#include <utility>

namespace spillway::relay {

CallStatus::CallStatus(std::string call, OnEvent happened)
    : call_(std::move(call))
    , happened_(std::move(happened)) {}

CallStatus::Change CallStatus::set(CallState state, const std::string& detail) {
    if (state_ == state && detail_ == detail) return Change::none;
    const auto change = state_ == state ? Change::detail : Change::state;
    if (change == Change::state) since_ = std::chrono::system_clock::now();
    state_ = state;
    detail_ = detail;
    log::info("call state call={} state={} detail=\"{}\"", call_, callStateName(state), detail);
    if (happened_) happened_({Event::Subject::call, call_, {}, {}, callStateName(state), detail});
    return change;
}

void CallStatus::setMembers(std::vector<Member> members) {
    members_ = std::move(members);
}

void CallStatus::countReconnect(LostCause cause) {
    ++reconnects_[lostCauseName(cause)];
}

void CallStatus::countReplaced() {
    ++reconnects_["replaced"];
}

void CallStatus::countLost(LostCause cause) {
    ++lost_[lostCauseName(cause)];
}

void CallStatus::trackIs(const TrackName& track, const char* state) const {
    if (happened_) happened_({Event::Subject::track, call_, track.text(), {}, state, {}});
}

void CallStatus::addTo(CallSnapshot& snapshot, bool connected) const {
    snapshot.state = state_;
    snapshot.detail = detail_;
    snapshot.since = since_;
    snapshot.reconnects = reconnects_;
    for (const auto* cause : {"ice", "timeout", "dtls", "fingerprint", "signalling"})
        snapshot.peersLost[cause] = 0;
    for (const auto& [cause, count] : lost_)
        snapshot.peersLost[cause] = count;
    for (const Member& member : members_)
        snapshot.participants.push_back({member.name, member.display, connected});
}

} // namespace spillway::relay
