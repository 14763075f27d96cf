// One incoming stream of one participant under a name that is stable across reconnects, and those who watch
// it.
//
// Comes in: incarnations (TrackInput) as publishers come and come back. Goes out: packets to the feeds that
// are attached. Holds at every instant: with an incarnation, the drain is linked exactly while no feed is
// attached; whatever is attached is linked before the drain goes, and the drain before the last of them goes.
// Loop thread.
#pragma once

#include "relay/track/branch.h"
#include "relay/track/encoded_rendition.h"
#include "relay/track/input.h"
#include "relay/track/keyframe_broker.h"
#include "relay/values/snapshot.h"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

namespace spillway::relay {

class Track {
  public:
    using FeedId = std::uint64_t;

    /// `onWatched` runs when the first feed comes.
    Track(Loop& loop, TrackName name, MediaKind kind, std::function<void()> onWatched = {});
    Track(const Track&) = delete;
    Track& operator=(const Track&) = delete;
    /// Ends the track: branches, drain and tee are unlinked and disposed. Feeds are told nothing; their owner
    /// ends them.
    ~Track();

    /// Data comes from this (new) input: the feeds move over to it, the former one sleeps for ever.
    void setInput(std::shared_ptr<TrackInput> input);
    /// Puts the input to sleep; the track waits for the next, its feeds stay.
    void loseInput(TrackInput::Wake wake);

    /// Its source was asked not to send, or to send again: until then its silence means nothing.
    void setPaused(bool paused);
    bool paused() const { return paused_; }
    /// Since when no feed is attached; none while one is.
    std::optional<Clock::time_point> unwatchedSince() const;

    /// From the next keyframe on the feed gets frames, or from the next packet, as its queue was made. Throws
    /// std::runtime_error when the rendition cannot be made of this track's codec; the track is then as it
    /// was. `wish`: for a keyframe to begin with.
    FeedId attach(std::shared_ptr<Feed> feed, bool wish = true);
    void detach(FeedId id);

    const TrackName& name() const { return name_; }
    MediaKind kind() const { return kind_; }
    /// Null while the track waits.
    const std::shared_ptr<TrackInput>& input() const { return input_; }
    const std::shared_ptr<KeyframeBroker>& broker() const { return broker_; }
    /// What its packets are; none while that is not known.
    std::optional<RtpFormat> format() const;

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
        std::shared_ptr<Branch> branch; ///< null while the track waits
    };

    std::shared_ptr<Branch> branchFor(const std::shared_ptr<Feed>& feed);
    void dropUnusedRendition();
    void moveFeeds();
    void wishOnAttach();
    void releaseInput(TrackInput::Wake wake);
    struct Totals {
        std::uint64_t packets = 0;
        std::uint64_t bytes = 0;
        std::uint64_t drained = 0;
    };
    static Totals read(const TrackInput& input);
    Totals totals() const;

    const TrackName name_;
    const MediaKind kind_;
    const std::function<void()> onWatched_;
    const std::shared_ptr<KeyframeBroker> broker_;

    std::shared_ptr<TrackInput> input_;
    std::unique_ptr<EncodedRendition> encoded_;
    std::weak_ptr<Branch> shared_; ///< of the rtp rendition, held by the attachments that share it
    std::map<FeedId, Attachment> attachments_;
    FeedId lastId_ = 0;
    Clock::time_point stateSince_ = Clock::now();
    Clock::time_point unwatchedSince_ = Clock::now(); ///< meaningless while a feed is attached
    bool paused_ = false;
    std::string codec_; ///< of the caps last seen, so that a snapshot asks no pad
    std::uint32_t clockRate_ = 0;

    Totals before_;  ///< of the inputs before the present one
    Totals atBegin_; ///< what the present input had counted when it came
    std::uint64_t lostBefore_ = 0;
    std::uint64_t lost_ = 0; ///< of the present one

    std::uint64_t pushSeen_ = 0; ///< packets at the time of insideSince_
    std::optional<Clock::time_point> insideSince_;
};

} // namespace spillway::relay
