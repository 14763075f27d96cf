// One Matroska file with the tracks of a participant, while it is written (RFC 9559).
//
// Comes in: frames with their time in the file, of each track in decoding order. Goes out: the file, playable
// at every moment (segment and last cluster have an unknown size until finish() adds index and duration). A
// frame is in the file whole or not at all; one write of the kernel for each. Never throws after
// construction. Owner: Segment. Output loop thread.
#pragma once

#include "relay/outputs/record/participant/ebml.h"
#include "relay/outputs/record/participant/media_track.h"
#include "relay/outputs/record/recording_file.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

using GstBuffer = struct _GstBuffer;

namespace spillway::relay {

class ParticipantFile {
  public:
    using Time = std::chrono::milliseconds;

    /// `start` is the wall-clock time of the file's 0. Throws std::runtime_error naming the file and what is
    /// wrong.
    ParticipantFile(const RecordingFile::PathOf& pathOf, const std::vector<MediaTrack>& tracks,
                    std::chrono::system_clock::time_point start);

    /// False when it could not be written: error() says why, and the file ends before this frame.
    bool write(std::size_t track, Time time, bool keyframe, GstBuffer* frame);
    /// Adds index and duration and closes the file. False when that could not be written; the frames are
    /// there.
    bool finish(Time duration);

    const std::filesystem::path& path() const { return file_.path(); }
    const std::string& error() const { return file_.error(); } ///< names the file
    std::uint64_t frames() const { return frames_; }

  private:
    struct Cue {
        Time time;
        std::size_t track;
        std::uint64_t cluster; ///< from dataAt_ on, as all positions in the file
    };
    struct Cluster {
        std::uint64_t at; ///< of its id
        Time time;
    };

    void writeHead(const std::vector<MediaTrack>& tracks, std::chrono::system_clock::time_point start);
    bool continuesCluster(Time time, bool isCue) const;
    bool beginCluster(Time time);
    bool endCluster();
    bool isCue(std::size_t track, Time time, bool keyframe) const;
    void addCue(std::size_t track, Time time);
    bool writeCues();
    bool writeSeekHead(std::uint64_t cuesAt);
    bool put(const std::vector<std::uint8_t>& bytes, std::uint64_t offset);

    RecordingFile file_;
    std::vector<Time> delays_; ///< by track
    std::size_t indexed_ = 0;  ///< the track that is sought in
    std::uint64_t dataAt_ = 0; ///< behind the segment's size
    std::uint64_t infoAt_ = 0;
    std::uint64_t durationAt_ = 0;
    std::uint64_t tracksAt_ = 0;
    std::optional<Cluster> cluster_;
    std::vector<Cue> cues_;
    Time cueDistance_;
    std::uint64_t frames_ = 0;
};

} // namespace spillway::relay
