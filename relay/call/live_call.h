// The call as the relay has it: its status, its tracks, its publishers and its guests, and the beat that
// looks after them. Owner: Relay. Loop thread.
#pragma once

#include "relay/base/loop.h"
#include "relay/call/call.h"
#include "relay/call/feeder.h"
#include "relay/call/guests.h"
#include "relay/call/publishers.h"
#include "relay/call/status.h"
#include "relay/call/tracks.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace spillway::relay {

class LiveCall final : public Call {
  public:
    struct Events {
        std::function<void(Track&)> trackAdded;
        std::function<void(Track&)> trackEnds; ///< right before it goes
        OnEvent happened;
    };

    /// What all calls of a relay have in common; outlives them.
    struct Shared {
        Loop& loop;
        const config::WebrtcSettings& webrtc;
        ingest::Ingest* ingest;  ///< null: publishers get ports of their own
        Pending& waiting;        ///< publishers that are not connected yet
        std::uint32_t maxTracks; ///< of each call
    };

    LiveCall(const Shared& shared, config::CallSettings settings, Events events);

    const config::CallSettings& settings() const override { return settings_; }
    void setState(CallState state, const std::string& detail) override;
    void countReconnect(LostCause cause) override { status_.countReconnect(cause); }
    void setMembers(std::vector<Member> members) override { status_.setMembers(std::move(members)); }
    std::unique_ptr<Guest> addGuest(const GuestRequest& request, GuestEvents events) override;
    std::unique_ptr<Publication> publish(const PublishRequest& request, PublishEvents events) override;

    void forEachTrack(const std::function<void(Track&)>& visit) { tracks_.forEach(visit); }
    bool isComing(const std::string& participant, MediaKind kind) const {
        return tracks_.isComing(participant, kind, Clock::now());
    }
    CallSnapshot snapshot() const;
    void addTracks(Snapshot& snapshot) const { tracks_.addTo(snapshot); }

  private:
    void watch();

    const config::CallSettings settings_;
    CallStatus status_;
    CallTracks tracks_;
    CallContext context_;
    Publishers publishers_; ///< end before the tracks do
    Guests guests_;
    Timer watch_;
};

} // namespace spillway::relay
