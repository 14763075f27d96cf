// The tracks of a call, by name, and which peer feeds each. A track belongs to the call: peers come and go,
// name and subscribers stay.
//
// Comes in: inputs that woke, and what becomes of the peers behind them. Goes out: tracks, to whoever
// subscribes; events, to CallStatus. Owner: LiveCall; outlives the call's open feeders. Loop thread.
#pragma once

#include "relay/call/call.h"
#include "relay/call/feeder.h"
#include "relay/call/rest.h"
#include "relay/call/status.h"
#include "relay/track/track.h"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

namespace spillway::relay {

class CallTracks {
  public:
    struct Events {
        std::function<void(Track&)> added;
        std::function<void(Track&)> ends; ///< right before it goes
    };

    CallTracks(Loop& loop, const config::CallSettings& settings, std::uint32_t most, const CallStatus& status,
               Events events);
    CallTracks(const CallTracks&) = delete;
    CallTracks& operator=(const CallTracks&) = delete;
    ~CallTracks();

    /// An input of this feeder is awake: it feeds the track that its owner is called by, or sleeps again when
    /// it has no owner, when a newer peer feeds that track, or when the call is full.
    void adopt(Feeder& feeder, const std::shared_ptr<TrackInput>& input);
    void onPadGone(const Feeder& feeder, std::uint32_t ssrc);
    /// Its source is off: the track ends, and the input sleeps until somebody wakes it. None when the feeder
    /// does not feed this track.
    std::shared_ptr<TrackInput> switchOff(const Feeder& feeder, const LineOwner& source);
    /// Ends what the feeder feeds on a line that has another owner now, or none.
    void endDisowned(const Feeder& feeder, const LineOwners& owners);
    /// The feeder goes, and its tracks with it.
    void endAllOf(const Feeder& feeder);
    /// The feeder goes; its tracks wait for another one.
    void suspendAllOf(const Feeder& feeder);
    /// Ends those that no peer feeds.
    void endWaiting();

    /// Whether a participant who has just begun to send has described something of that kind that has not
    /// come yet: it comes within a moment, or not at all.
    bool isComing(const std::string& participant, MediaKind kind, Clock::time_point now) const;

    /// Asks the senders to pause what nobody has watched for `linger`.
    void pauseUnwatched(Clock::time_point now);
    /// Tells the publishers of whose pictures nobody has watched any for `linger` to send little. Call about
    /// once a second.
    void restUnwatched(Clock::time_point now);
    /// Reads caps and statistics, and ends what has been silent for `media_timeout`. Call regularly. That
    /// time begins for tracks that wait at `waitingSince` at the earliest; never, while that is none.
    void watch(Clock::time_point now, std::optional<Clock::time_point> waitingSince);
    /// Whether a track of this feeder is to receive something now.
    bool expectsMedia(const Feeder& feeder) const;

    void forEach(const std::function<void(Track&)>& visit);
    void addTo(Snapshot& snapshot) const;

  private:
    using Key = LineOwner;
    struct Entry {
        std::unique_ptr<Track> track;
        Feeder* feeder = nullptr;        ///< none while it waits
        Clock::time_point fedSince;      ///< by this feeder
        std::vector<std::uint32_t> left; ///< SSRCs of this feeder that another took the place of
        PeakRate rate;                   ///< of its sound, as far as that matters
    };
    enum class After {
        forget,            ///< the SSRC does not come back: its jitter buffer goes after a grace
        forgetUnlessWoken, ///< the same, unless it does
        stayAsleep,        ///< until somebody wakes it
        wakeOnPacket,      ///< the next packet makes a new track
    };

    /// Not when the call is full, nor when a newer peer feeds this track.
    bool admits(const Key& key, const Feeder& feeder) const;
    /// Whether the track went over from this stream to one that still lives: the publisher sends several at a
    /// time on one line (simulcast that nobody asked for).
    bool wasLeft(const Key& key, const Feeder& feeder, const TrackInput& input) const;
    void refuse(Feeder& feeder, TrackInput& input, const std::optional<Key>& owner);
    Entry& entryFor(const Key& key, MediaKind kind);
    void end(const Key& key, After after);
    template <class Condition>
    void endWhere(Condition condition, After after);
    void want(Entry& entry, bool wanted);
    /// Tells the feeder what its tracks may have now.
    void limitRate(Feeder& feeder, Clock::time_point now);
    void onWatched(const Key& key);
    bool isSilent(const Entry& entry, Clock::time_point now,
                  std::optional<Clock::time_point> waitingSince) const;

    Loop& loop_;
    const config::CallSettings& settings_;
    const std::uint32_t most_;
    const CallStatus& status_;
    const Events events_;
    std::map<Key, Entry> entries_;
};

} // namespace spillway::relay
