// Records the tracks of one participant into one file after another: decides where one ends and the next
// begins, and gets over errors.
//
// Comes in: encoded frames of its tracks. Goes out: segments, each with all tracks, in sync: a frame's place
// is when it was captured (CaptureClock), or without reports when it came. What comes first is held until
// picture and sound are there and their publisher has reported, 2 s without the one and 4 s without the
// other. Later on frames are held for a second at most, so that they are written in order.
//
// A new segment begins at a keyframe of the picture after `segment`; when a track comes, or its decoder must
// be set up anew; and when the first report of a stream shows that it was misplaced. Each track goes on to it
// with its own next keyframe, sound at once, so that no frame is lost nor written twice; the former segment
// ends with its last track. After an error frames are lost until a keyframe comes and the time to try again
// has come. Owners: the TrackFeeds of the participant. Output loop thread.
#pragma once

#include "relay/base/retry.h"
#include "relay/outputs/output.h"
#include "relay/outputs/record/participant/interleaver.h"
#include "relay/outputs/record/participant/segment.h"
#include "relay/outputs/record/recorder.h"
#include "relay/outputs/record/recording_folder.h"

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace spillway::relay {

class ParticipantRecorder {
  public:
    using Track = Segment::Track;

    /// What it may hold of each track beside its queue, in bytes.
    static constexpr std::size_t held(MediaKind kind) {
        return kind == MediaKind::video ? std::size_t{4} * 1024 * 1024 : std::size_t{256} * 1024;
    }

    ParticipantRecorder(RecorderSettings settings, std::string call, std::string participant);
    ~ParticipantRecorder();
    ParticipantRecorder(const ParticipantRecorder&) = delete;
    ParticipantRecorder& operator=(const ParticipantRecorder&) = delete;

    Track join(const std::string& source, MediaKind kind, std::shared_ptr<OutputStatus> status);
    /// False when nothing can be recorded now.
    bool write(Track track, const Frame& frame);
    void leave(Track track);
    bool wantsKeyframe(Track track) const;

  private:
    using nanoseconds = std::chrono::nanoseconds;
    struct Item {
        Frame frame;
        MediaTrack media;
        nanoseconds presentation{};
        nanoseconds reordered{}; ///< by how much it is decoded before it is presented
        Clock::time_point when;
        Clock::time_point order;
        Clock::time_point arrived;
        std::size_t bytes = 0;
    };
    struct Member {
        std::string source;
        MediaKind kind = MediaKind::video;
        std::shared_ptr<OutputStatus> status;
        std::shared_ptr<Segment> segment; ///< it writes to; null before its first frame and after an error
        std::shared_ptr<const StreamFormat> format; ///< of the newest frame, …
        MediaTrack media;                           ///< … and what that means
        std::uint64_t incarnation = 0;
        nanoseconds shift{};      ///< from presentation time to ours
        nanoseconds told{};       ///< the same, as reports have it now
        bool isTimed = false;     ///< by reports
        bool isMisplaced = false; ///< as reports show
        bool left = false;
        Clock::time_point newest; ///< arrival
    };

    std::optional<Item> itemOf(Member& member, const Frame& frame);
    void time(Member& member, Item& item);
    static void heed(Member& member, nanoseconds told, Clock::time_point arrived);
    void retimeAll();
    static void stamp(const Member& member, Item& item);

    void pump(bool drain = false);
    bool mayBegin() const;
    bool has(MediaKind kind) const;
    bool isSettled(Clock::time_point now) const;
    bool place(Track track, Item& item);
    bool needsSegment(Track track, const Member& member, const Item& item) const;
    bool cutIsDue(Clock::time_point at) const;
    std::optional<Track> leader() const;
    bool isIdle(const Member& member) const;
    bool beginSegment(Track first, const Item& item);
    std::vector<Segment::Entry> entriesWith(Track first, const Item& item) const;
    bool makeSegment(const std::vector<Segment::Entry>& entries, Clock::time_point base);
    bool mayMove(const Member& member, const Item& item) const;
    void moveTo(Member& member, std::shared_ptr<Segment> segment);
    void leaveSegment(Member& member);
    void finish(Segment& segment);
    void fail(const std::string& error);
    void removeLeft();

    const RecorderSettings settings_;
    const SegmentNames names_;
    const RecordingFolder folder_;
    Retry retry_;
    bool failing_ = false; ///< the status of the tracks shows an error
    std::uint64_t failures_ = 0;

    Track lastTrack_ = 0;
    std::map<Track, Member> members_;
    Interleaver<Item> interleaver_;
    std::optional<Clock::time_point> waitsSince_; ///< arrival of the first frame that is held for a beginning
    std::shared_ptr<Segment> current_;            ///< the newest
    Clock::time_point decoded_{};                 ///< of the newest frame that went out
};

} // namespace spillway::relay
