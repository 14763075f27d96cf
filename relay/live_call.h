// The call as the relay has it: sessions of participants, and the tracks that they carry.
//
// A session is one publishing peer. A participant has at most two: one that carries its tracks, and a newer
// one that is about to take over. Tracks belong to the call by name; a session only feeds them. Loop thread.
#pragma once

#include "relay/call.h"
#include "relay/loop.h"
#include "relay/session.h"
#include "relay/track.h"

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
    };

    LiveCall(Loop& loop, config::CallSettings settings, const config::WebrtcSettings& webrtc,
             std::uint32_t maxTracks, Events events);
    ~LiveCall() override;

    const config::CallSettings& settings() const override { return settings_; }
    void setState(CallState state) override;
    PeerId publish(const PublishRequest& request, PublishEvents events) override;
    bool addCandidate(PeerId peer, const std::string& mid, const std::string& candidate) override;
    std::string remoteUfrag(PeerId peer) const override;
    bool removePeer(PeerId peer) override;
    void sourceOff(PeerId peer, const std::string& source) override;
    void sourceOn(PeerId peer, const std::string& source) override;

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
    using Key = std::pair<std::string, std::string>; ///< participant, source

    Session* find(PeerId id) const;
    PeerSettings peerSettings(const PublishRequest& request) const;
    PeerEvents peerEvents(PeerId id);
    void makeRoom(const std::string& participant);
    void onAnswer(PeerId id, const Answer& answer);
    void onConnected(PeerId id);
    void onLost(PeerId id, LostCause cause, const std::string& detail);
    void onPadGone(PeerId id, std::uint32_t ssrc);
    void adopt(Session& session, const std::shared_ptr<TrackInput>& input);
    Entry& entryFor(const Key& key, MediaKind kind);
    bool isTaken(const Key& key, PeerId newer) const;
    /// `keepTracks`: they wait for the participant's other session.
    void endSession(PeerId id, bool keepTracks);
    enum class After {
        forget,       ///< the SSRC does not come back: its jitter buffer goes after a grace
        stayAsleep,   ///< until sourceOn()
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

    CallState state_ = CallState::joining;
    std::chrono::system_clock::time_point stateSince_ = std::chrono::system_clock::now();
    std::map<std::string, std::uint64_t> lost_; ///< by cause
    std::uint64_t replaced_ = 0;
    PeerId lastId_ = 0;
    std::map<PeerId, std::unique_ptr<Session>> sessions_;
    std::map<Key, Entry> tracks_;
    Timer watch_;
    Lifetime lifetime_;
};

} // namespace spillway::relay
