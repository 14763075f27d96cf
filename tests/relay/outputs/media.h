// Real media for the tests of outputs: made by small pipelines, judged by ffprobe and ffmpeg.
#pragma once

#include "relay/outputs/output.h"

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace spillway::test {

/// The buffers of a pipeline, `description ! appsink`, as frames of one source that arrived in real time, the
/// last of them now.
std::vector<relay::Frame> framesOf(const std::string& description, std::uint64_t incarnation = 1);

inline constexpr const char* vp8 = "vp8enc deadline=1 keyframe-max-dist=10";
inline constexpr const char* vp9 = "vp9enc deadline=1 cpu-used=8 keyframe-max-dist=10 ! vp9parse";
inline constexpr const char* h264 =
    "x264enc tune=zerolatency speed-preset=ultrafast key-int-max=10 ! h264parse ! "
    "video/x-h264,stream-format=avc,alignment=au";
inline constexpr const char* h265 =
    "x265enc tune=zerolatency speed-preset=ultrafast key-int-max=10 ! h265parse ! "
    "video/x-h265,stream-format=hvc1,alignment=au";
/// 25 pictures a second with a keyframe at least every tenth.
std::vector<relay::Frame> video(const std::string& encoder, int frames, std::uint64_t incarnation = 1,
                                int width = 320, int height = 180);
/// Opus, 50 packets a second.
std::vector<relay::Frame> audio(int packets, std::uint64_t incarnation = 1);

struct ProcessResult {
    int status;         ///< exit code
    std::string output; ///< both streams
};
ProcessResult runShell(const std::string& command);

struct Probe {
    std::string codec;
    int frames = 0;
    double start = 0;    ///< seconds
    double duration = 0; ///< seconds
    bool keyframeFirst = false;
    std::string complaints; ///< of a whole decode
};
/// Decodes all of it.
Probe probe(const std::filesystem::path& file);

/// A directory of its own that goes with everything in it.
class TemporaryDirectory {
  public:
    TemporaryDirectory();
    ~TemporaryDirectory();
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
    const std::filesystem::path& path() const { return path_; }

  private:
    std::filesystem::path path_;
};

/// A `record` subscription named archive.
std::unique_ptr<relay::OutputGroup> recordGroup(const std::filesystem::path& directory,
                                                config::RecordFiles files, std::chrono::milliseconds segment);

/// Files below `directory` that end in .mkv, sorted by path.
std::vector<std::filesystem::path> recordings(const std::filesystem::path& directory);

} // namespace spillway::test
