// One incoming stream of one participant under a name that is stable across reconnects, and the queues that
// it feeds.
//
// Comes in: incarnations (TrackInput) as publishers come and come back. Goes out: packets to the queues that
// are attached. Holds at every instant: with an incarnation, the drain is linked exactly while no queue is
// attached; whatever is attached is linked before the drain goes, and the drain before the last of them goes.
// Loop thread.
#pragma once

#include "relay/track/branch.h"
#include "relay/track/input.h"
#include "relay/track/keyframe_broker.h"
#include "relay/track/stuck_watch.h"
#include "relay/track/totals.h"
#include "relay/values/snapshot.h"

#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace spillway::relay {

class Track {
    struct Place;
    using Places = std::list<Place>;

  public:
    /// A queue's place at the track: the queue is fed while this exists. Move-only; harmless when the track
    /// went first. Loop thread.
    class Attachment {
      public:
        Attachment() = default;
        Attachment(Attachment&& other) noexcept = default;
        Attachment& operator=(Attachment&& other) noexcept;
        ~Attachment() { detach(); }

        /// Whether there is a track that feeds the queue, or will.
        explicit operator bool() const { return !track_.expired(); }

      private:
        friend class Track;
        Attachment(std::weak_ptr<Track> track, Places::iterator place)
            : track_(std::move(track))
            , place_(place) {}
        void detach();

        std::weak_ptr<Track> track_;
        Places::iterator place_;
    };

    /// `shared`: with all others of the same rendition that share.
    enum class BranchUse { own, shared };

    /// `onWatched` runs when the first queue is attached.
    Track(Loop& loop, TrackName name, MediaKind kind, std::function<void()> onWatched = {});
    Track(const Track&) = delete;
    Track& operator=(const Track&) = delete;
    /// Ends the track: branches and drain are unlinked and disposed. The queues learn nothing of it; their
    /// owner ends them.
    ~Track();

    /// Data comes from this (new) input: the queues move over to it, the former one sleeps: for ever, or
    /// until its next packet when it is the same SSRC.
    void setInput(std::shared_ptr<TrackInput> input);
    /// Puts the input to sleep; the track waits for the next, its queues stay.
    void loseInput(TrackInput::Wake wake);

    /// Its source was asked not to send, or to send again: until then its silence means nothing.
    void setPaused(bool paused);
    bool paused() const { return paused_; }
    /// Since when no queue is attached; none while one is.
    std::optional<Clock::time_point> unwatchedSince() const;

    /// The queue gets frames from now on. A keyframe is wished for when the queue awaits one. Throws
    /// std::runtime_error when the rendition cannot be made of this track's codec; the track is then as it
    /// was.
    [[nodiscard]] Attachment attach(std::shared_ptr<FrameQueue> queue, Rendition rendition = Rendition::rtp,
                                    BranchUse use = BranchUse::own);

    const TrackName& name() const { return name_; }
    MediaKind kind() const { return kind_; }
    /// Null while the track waits.
    const std::shared_ptr<TrackInput>& input() const { return input_; }
    const std::shared_ptr<KeyframeBroker>& broker() const { return broker_; }
    /// What its packets are; none while that is not known.
    std::optional<rtp::Format> format() const;

    /// When the last packet came, or when the present state began.
    Clock::time_point lastActivity() const;
    /// What the statistics of the present peer say was lost; kept over incarnations.
    void noteLost(std::uint64_t packets) { totals_.setLost(packets); }
    /// Looks at the caps once more; they may come after the pad. Call regularly.
    void refreshFormat();
    TrackSnapshot snapshot() const;

    /// Since when the streaming thread has been inside one and the same push; none when it progresses. Call
    /// regularly.
    std::optional<Clock::time_point> stuckSince();

  private:
    struct Place {
        std::shared_ptr<FrameQueue> queue;
        Rendition rendition;
        BranchUse use;
        std::shared_ptr<Branch> branch; ///< null while the track waits
    };
    /// What the present input's branches hold; it exists as long as one of them.
    struct Made {
        std::weak_ptr<TrackRendition> rendition;
        std::weak_ptr<Branch> sharedBranch;
    };

    std::shared_ptr<Branch> branchFor(const Place& place);
    std::shared_ptr<TrackRendition> renditionFor(Rendition rendition);
    void detach(Places::iterator place);
    void moveQueues();
    KeyframeBroker::Source keyframeSource();
    void wishOnAttach();
    void releaseInput(TrackInput::Wake wake);

    const TrackName name_;
    const MediaKind kind_;
    const std::function<void()> onWatched_;
    const std::shared_ptr<KeyframeBroker> broker_;

    std::shared_ptr<TrackInput> input_;
    std::map<Rendition, Made> made_;
    Places places_;
    Clock::time_point stateSince_ = Clock::now();
    Clock::time_point unwatchedSince_ = Clock::now(); ///< meaningless while a queue is attached
    bool paused_ = false;
    std::string codec_; ///< of the caps last seen, so that a snapshot asks no pad
    std::uint32_t clockRate_ = 0;
    TrackTotals totals_;
    StuckWatch stuckWatch_;

    /// What attachments hold weakly; it owns nothing. Last, so that they find no track half gone.
    const std::shared_ptr<Track> self_{this, [](Track*) {}};
};

} // namespace spillway::relay
