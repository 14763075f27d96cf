// Records one track: decides where one file ends and the next begins, and gets over errors.
//
// Comes in: encoded frames. Goes out: files that begin with a keyframe and with time 0. A new one begins at
// the first keyframe after `segment`, with another source, and when the codec's data change; a change of size
// does not (players follow the stream, and Matroska has no word for it). After an error frames are lost until
// a keyframe comes and the time to try again has come. Owner: OutputLoop. Output loop thread.
#pragma once

#include "relay/base/retry.h"
#include "relay/outputs/output.h"
#include "relay/outputs/record/frame_timeline.h"
#include "relay/outputs/record/recording_folder.h"

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>

namespace spillway::relay {

class MatroskaFile;

struct RecorderSettings {
    std::string subscription; ///< for names and the log
    std::filesystem::path directory;
    std::chrono::milliseconds segment; ///< 0 is never
};

class Recorder : public Output {
  public:
    Recorder(RecorderSettings settings, OutputRequest request);
    ~Recorder() override;

    bool write(const Frame& frame) override;
    void close(EndReason reason) override;
    /// For a new file, and when the segment is over: a sender may make no keyframe for minutes.
    bool wantsKeyframe() override;

  private:
    bool segmentIsOver() const;
    bool continuesFile(const Frame& frame) const;
    bool openFile(const Frame& frame);
    void finishFile();
    bool append(const Frame& frame);
    void fail(std::string error);

    RecorderSettings settings_;
    OutputRequest request_;
    const RecordingFolder folder_;
    Retry retry_;

    std::unique_ptr<MatroskaFile> file_;         ///< none before the first keyframe and after an error
    std::shared_ptr<const StreamFormat> format_; ///< of the file's first frame
    FrameTimeline timeline_;
    bool failing_ = false; ///< the status shows an error
};

} // namespace spillway::relay
