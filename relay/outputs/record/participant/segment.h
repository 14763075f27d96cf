// One file of a participant and the JSON beside it (START.SUBSCRIPTION.mkv and .json), which is there from
// the beginning and is replaced in one step at the end.
//
// Comes in: frames of its tracks with their time of ours. Goes out: both files. It lasts until the last track
// has gone on to the next one. Owner: ParticipantRecorder. Output loop thread.
#pragma once

#include "relay/base/clock.h"
#include "relay/outputs/record/participant/participant_file.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace spillway::relay {

/// Whose it is, as the JSON tells.
struct SegmentNames {
    std::string subscription;
    std::string call;
    std::string participant;
};

class Segment {
  public:
    using Time = ParticipantFile::Time;
    using Track = std::uint64_t; ///< of the recorder's

    struct Entry {
        Track track = 0;
        MediaTrack media;
    };
    struct Stamp {
        Clock::time_point when;
        Clock::time_point order; ///< when it is decoded
    };

    /// Throws std::runtime_error.
    Segment(SegmentNames names, const RecordingFile::PathOf& pathOf, const std::vector<Entry>& entries,
            Clock::time_point base);
    /// Both files go when no frame was written.
    ~Segment();
    Segment(const Segment&) = delete;
    Segment& operator=(const Segment&) = delete;

    /// Whether the file has this track, and its decoder can go on with that.
    bool has(Track track, const MediaTrack& media) const;
    bool hasPicture() const;
    Clock::time_point base() const { return base_; }

    bool write(Track track, Stamp stamp, bool keyframe, bool lossBefore, GstBuffer* frame);
    /// The next one begins then.
    void cutAt(Clock::time_point next) { next_ = next; }
    /// False when that could not be written; error() says why.
    bool finish();

    /// Tracks that write to it.
    void enter() { ++users_; }
    bool leave() { return --users_ == 0; }

    const std::filesystem::path& path() const { return file_.path(); }
    const std::string& error() const { return file_.error(); }
    std::uint64_t frames() const { return file_.frames(); }
    double seconds() const;

  private:
    struct Gap {
        Time from, to;
    };
    struct Line {
        Entry entry;
        std::uint64_t frames = 0;
        std::uint64_t losses = 0;
        Time first{};
        Time last{}; ///< the latest
        Time step{}; ///< before it
        Clock::time_point lastOrder{};
        std::vector<Gap> gaps;
        std::uint64_t moreGaps = 0;
    };

    Line* lineOf(Track track);
    static Time place(Line& line, Time wanted, Clock::time_point order);
    static void note(Line& line, Time time);
    Time duration() const;
    std::filesystem::path description() const;
    void describe(const char* state) const;
    std::string text(const char* state) const;

    const SegmentNames names_;
    const Clock::time_point base_;
    const std::chrono::system_clock::time_point start_; ///< wall-clock time of base_
    std::vector<Line> lines_;
    ParticipantFile file_;
    std::optional<Clock::time_point> next_;
    int users_ = 0;
};

} // namespace spillway::relay
