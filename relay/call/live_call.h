// The call as the relay has it: sessions of participants, and the tracks that they carry.
//
// A session is one peer: a publisher's, or ours towards an SFU. A participant, or the SFU, has at most two:
// one that carries tracks, and a newer one that is about to take over. Tracks belong to the call by name; a
// session only feeds them. Loop thread. (live_call_guest.cpp is the part of a call that this daemon is a
// guest in.)
#pragma once

#include "relay/base/loop.h"
#include "relay/call/call.h"
#include "relay/call/session.h"
#include "relay/track/track.h"
#include "relay/values/event.h"

#include <functional>
#include <map>
#include <memory>
#include <string>

namespace spillway::relay {

class LiveCall : public Call {
  public:
    struct Events {
        std::function<void(Track&)> trackAdded;
        std::function<void(Track&)> trackEnds; ///< right before it goes
        OnEvent happened;
    };

    LiveCall(Loop& loop, config::CallSettings settings, const config::WebrtcSettings& webrtc,
             std::uint32_t maxTracks, Events events);
    ~LiveCall() override;

    const config::CallSettings& settings() const override { return settings_; }
    void setState(CallState state, const std::string& detail) override;
    void countReconnect(LostCause cause) override;
    PeerId publish(const PublishRequest& request, PublishEvents events) override;
    bool addCandidate(PeerId peer, const std::string& mid, const std::string& candidate) override;
    std::string remoteUfrag(PeerId peer) const override;
    bool removePeer(PeerId peer) override;
    void sourceOff(PeerId peer, const std::string& source) override;
    void sourceOn(PeerId peer, const std::string& source) override;
    PeerId addGuest(const GuestRequest& request, GuestEvents events) override;
    void acceptOffer(PeerId guest, const std::string& sdp, const LineOwners& owners) override;
    void createOffer(PeerId guest) override;
    bool acceptAnswer(PeerId guest, const std::string& sdp, const LineOwners& owners) override;
    void setOwners(PeerId guest, const LineOwners& owners) override;
    void setMembers(std::vector<Member> members) override;
    void suspendGuest(PeerId guest) override;

    Track* findTrack(const TrackName& name);
    void forEachTrack(const std::function<void(Track&)>& visit);
    CallSnapshot snapshot() const;
    void addTracks(Snapshot& snapshot) const;

  private:
    /// A track and the session that feeds it; 0 while it waits.
    struct Entry {
        std::unique_ptr<Track> track;
        PeerId feeder = 0;
    };
    using Key = LineOwner;

    Session* find(PeerId id) const;
    Session* findGuest(PeerId id) const;
    PeerSettings peerSettings(const std::string& who) const;
    PeerEvents peerEvents(PeerId id);
    void makeRoom(const std::string& participant);
    void makeRoomForGuest();
    void endOlder(const Session& session);
    void releaseLines(Session& session);
    void wakeLines(Session& session);
    void tellWanted(Track& track, const Entry& entry, bool wanted);
    void onWatched(const Key& key);
    void pauseUnwatched(Clock::time_point now);
    void expectMedia();
    void tell(const Track& track, const char* state) const;
    /// The tracks that no session feeds.
    void endWaiting();
    void onAnswer(PeerId id, const LocalDescription& answer);
    void onConnected(PeerId id);
    void onLost(PeerId id, LostCause cause, const std::string& detail);
    void onPadGone(PeerId id, std::uint32_t ssrc);
    void adopt(Session& session, const std::shared_ptr<TrackInput>& input);
    Entry& entryFor(const Key& key, MediaKind kind);
    bool isTaken(const Key& key, PeerId newer) const;
    bool isSilent(const Entry& entry, Clock::time_point now) const;
    bool comesBack(Clock::time_point now) const;
    /// `keepTracks`: they wait for the participant's other session.
    void endSession(PeerId id, bool keepTracks);
    enum class After {
        forget,       ///< the SSRC does not come back: its jitter buffer goes after a grace
        stayAsleep,   ///< until sourceOn(), or until its line has an owner again
        wakeOnPacket, ///< the next packet makes a new track
    };
    void endTrack(const Key& key, After after);
    void releaseTracksOf(PeerId id, bool keepTracks);
    void watch();

    Loop& loop_;
    const config::CallSettings settings_;
    const config::WebrtcSettings& webrtc_;
    const std::uint32_t maxTracks_;
    const Events events_;

    CallState state_ = CallState::idle;
    std::string detail_;
    std::chrono::system_clock::time_point stateSince_ = std::chrono::system_clock::now();
    /// When a guest came, was connected or went, or the state changed: who joins anew gets his tracks back
    /// only some time after that.
    Clock::time_point changedAt_;
    /// Another guest is awaited in the place of one that was lost, by then at the latest.
    Clock::time_point awaitedUntil_;
    std::vector<Member> members_;                                      ///< of a call that we are a guest in
    std::map<std::string, std::uint64_t> lost_;                        ///< by cause
    std::map<std::string, std::uint64_t> reconnects_{{"replaced", 0}}; ///< by reason
    PeerId lastId_ = 0;
    std::map<PeerId, std::unique_ptr<Session>> sessions_;
    std::map<Key, Entry> tracks_;
    Timer watch_;
    Lifetime lifetime_;
};

} // namespace spillway::relay
