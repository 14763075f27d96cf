// What a call is known by outside: its state, its members, and what it has lost so far.
//
// Comes in: what signalling and the call's peers report. Goes out: one event for each transition of the call
// or of a track, and the call's part of a snapshot. Owner: LiveCall. Loop thread.
#pragma once

#include "relay/call/call.h"
#include "relay/values/event.h"

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace spillway::relay {

class CallStatus {
  public:
    /// `happened` may be empty.
    CallStatus(std::string call, OnEvent happened);

    enum class Change { none, detail, state };
    Change set(CallState state, const std::string& detail);
    CallState state() const { return state_; }
    void setMembers(std::vector<Member> members);

    void countReconnect(LostCause cause);
    /// A newer session of a participant took over.
    void countReplaced();
    void countLost(LostCause cause);

    /// `live`, `waiting`, `paused` or `ended`: for the event only, the track keeps its own state.
    void trackIs(const TrackName& track, const char* state) const;

    /// `connected`: whether a peer is, which is what the members come through.
    void addTo(CallSnapshot& snapshot, bool connected) const;

  private:
    const std::string call_;
    const OnEvent happened_;
    CallState state_ = CallState::idle;
    std::string detail_;
    std::chrono::system_clock::time_point since_ = std::chrono::system_clock::now();
    std::vector<Member> members_;
    std::map<std::string, std::uint64_t> lost_;                        ///< by cause
    std::map<std::string, std::uint64_t> reconnects_{{"replaced", 0}}; ///< by reason
};

} // namespace spillway::relay
