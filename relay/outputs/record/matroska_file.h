// One Matroska file with one track, while it is written.
//
// Comes in: access units or audio packets with timestamps from 0 on. Goes out: the file, playable at every
// moment (its last cluster has an unknown size until finish() adds index and duration). A frame is in the
// file whole or not at all. Never starts a thread, never throws after construction; one write of the kernel
// for each frame. Owner: Recorder. Output loop thread.
#pragma once

#include "relay/base/descriptor.h"
#include "relay/gst/muxer.h"
#include "relay/gst/ref.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace spillway::relay {

class MatroskaFile {
  public:
    /// Its path when `again` others were there.
    using PathOf = std::function<std::filesystem::path(int again)>;

    /// Makes a new file; an existing one is never touched. Throws std::runtime_error naming the file and what
    /// is wrong.
    MatroskaFile(const PathOf& pathOf, GstCaps* caps);
    /// Without finish() the file stays as after a crash; one without a frame is removed.
    ~MatroskaFile();
    MatroskaFile(const MatroskaFile&) = delete;
    MatroskaFile& operator=(const MatroskaFile&) = delete;

    /// False when it could not be written: error() says why, and the file ends before this frame.
    bool write(gst::Ref<GstBuffer> frame);
    /// Adds index and duration and closes the file. False when that could not be written; the frames are
    /// there.
    bool finish();

    const std::filesystem::path& path() const { return path_; }
    const std::string& error() const { return error_; } ///< names the file
    std::uint64_t frames() const { return frames_; }

  private:
    void create(const PathOf& pathOf);
    bool isStillThere();
    bool flush();
    bool writeRun(const std::vector<gst::ByteSink::Piece>& pieces, std::size_t first, std::size_t count);
    bool fail(int error);
    bool fail(const std::string& cause);
    void cutToWholeFrames();

    std::filesystem::path path_;
    Descriptor file_;
    std::uint64_t end_ = 0;     ///< bytes, with what has been written so far
    std::uint64_t goodEnd_ = 0; ///< bytes, up to the last whole frame
    std::uint64_t frames_ = 0;
    std::string error_;

    std::unique_ptr<gst::Muxer> muxer_;
};

} // namespace spillway::relay
