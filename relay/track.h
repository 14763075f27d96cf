// One incoming stream of one participant under a name that is stable across reconnects, and those who watch
// it.
//
// Comes in: incarnations (TrackInput) as publishers come and come back. Goes out: packets to the feeds that
// are attached. Holds at every instant: with an incarnation, the drain is linked exactly while no feed is
// attached; whatever is attached is linked before the drain goes, and the drain before the last of them goes.
// Loop thread.
#pragma once

#include "relay/branch.h"
#include "relay/encoded_rendition.h"
#include "relay/keyframe_broker.h"
#include "relay/snapshot.h"
#include "relay/track_input.h"
#include "relay/track_source.h"

#include <cstdint>
#include <map>
#include <memory>
#include <string>

namespace spillway::relay {

class Track {
  public:
    using FeedId = std::uint64_t;

    Track(Loop& loop, TrackName name, MediaKind kind);
    Track(const Track&) = delete;
    Track& operator=(const Track&) = delete;
    /// Ends the track: branches, drain and tee are unlinked and disposed. Feeds are told nothing; their owner
    /// ends them.
    ~Track();

    /// A (new) incarnation: the feeds move over to it, the former is retired, its pad sleeps for ever.
    void setInput(std::shared_ptr<TrackSource> source, std::unique_ptr<TrackInput> input);
    /// The incarnation is gone, the track waits for the next; its feeds stay.
    void loseInput(TrackSource::Wake wake);

    /// From the next keyframe on the feed gets frames. Throws std::runtime_error when the rendition cannot be
    /// made of this track's codec; the track is then as it was.
    FeedId attach(std::shared_ptr<Feed> feed);
    void detach(FeedId id);

    const TrackName& name() const { return name_; }
    MediaKind kind() const { return kind_; }
    /// Null while the track waits.
    const std::shared_ptr<TrackSource>& source() const { return source_; }
    const std::shared_ptr<KeyframeBroker>& broker() const { return broker_; }

    /// When the last packet came, or when the present state began.
    Clock::time_point lastActivity() const;
    /// What the statistics of the present peer say was lost; kept over incarnations.
    void noteLost(std::uint64_t packets) { lost_ = packets; }
    /// Looks at the caps once more; they may come after the pad. Call regularly.
    void refreshFormat();
    TrackSnapshot snapshot() const;

    /// Since when the streaming thread has been inside one and the same push; none when it progresses. Call
    /// regularly.
    std::optional<Clock::time_point> stuckSince();

  private:
    struct Attachment {
        std::shared_ptr<Feed> feed;
        std::unique_ptr<Branch> branch; ///< null while the track waits
    };

    std::unique_ptr<Branch> makeBranch(const std::shared_ptr<Feed>& feed);
    void dropUnusedRendition();
    void moveFeeds();
    void wishOnAttach();
    void releaseInput(TrackSource::Wake wake);
    void addUp();

    Loop& loop_;
    const TrackName name_;
    const MediaKind kind_;
    const std::shared_ptr<KeyframeBroker> broker_;

    std::shared_ptr<TrackSource> source_;
    std::unique_ptr<TrackInput> input_;
    std::unique_ptr<EncodedRendition> encoded_;
    std::map<FeedId, Attachment> attachments_;
    FeedId lastId_ = 0;
    Clock::time_point stateSince_ = Clock::now();
    std::string codec_; ///< of the caps last seen, so that a snapshot asks no pad
    std::uint32_t clockRate_ = 0;

    // Sums over the incarnations before the present one.
    std::uint64_t packets_ = 0;
    std::uint64_t bytes_ = 0;
    std::uint64_t drained_ = 0;
    std::uint64_t lostBefore_ = 0;
    std::uint64_t lost_ = 0; ///< of the present one

    std::uint64_t pushSeen_ = 0; ///< packets at the time of insideSince_
    std::optional<Clock::time_point> insideSince_;
};

} // namespace spillway::relay
