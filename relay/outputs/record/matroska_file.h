// One Matroska file with one track, while it is written.
//
// Comes in: access units or audio packets with timestamps from 0 on. Goes out: the file, playable at every
// moment (its last cluster has an unknown size until finish() adds index and duration). A frame is in the
// file whole or not at all. Never starts a thread, never throws after construction; one write of the kernel
// for each frame. Owner: Recorder. Output loop thread.
#pragma once

#include "relay/gst/muxer.h"
#include "relay/gst/ref.h"
#include "relay/outputs/record/recording_file.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace spillway::relay {

class MatroskaFile {
  public:
    /// Throws std::runtime_error naming the file and what is wrong.
    MatroskaFile(const RecordingFile::PathOf& pathOf, GstCaps* caps);
    /// Without finish() the file stays as after a crash; one without a frame is removed.
    ~MatroskaFile() = default;
    MatroskaFile(const MatroskaFile&) = delete;
    MatroskaFile& operator=(const MatroskaFile&) = delete;

    /// False when it could not be written: error() says why, and the file ends before this frame.
    bool write(gst::Ref<GstBuffer> frame);
    /// Adds index and duration and closes the file. False when that could not be written; the frames are
    /// there.
    bool finish();

    const std::filesystem::path& path() const { return file_.path(); }
    const std::string& error() const { return file_.error(); } ///< names the file
    std::uint64_t frames() const { return frames_; }

  private:
    bool flush();
    bool writeRun(const std::vector<gst::ByteSink::Piece>& pieces, std::size_t first, std::size_t count);

    RecordingFile file_;
    std::uint64_t frames_ = 0;
    std::unique_ptr<gst::Muxer> muxer_;
};

} // namespace spillway::relay
