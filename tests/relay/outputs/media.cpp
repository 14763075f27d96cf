#include "relay/outputs/media.h"

#include "relay/gst/element.h"
#include "relay/gst/ref.h"

#include "support/catch.h"
#include "support/rtp.h"

#include <gst/app/gstappsink.h>

#include <fmt/core.h>

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <sstream>

namespace spillway::test {

using namespace relay;

namespace {

Frame frameOf(GstSample* sample, std::shared_ptr<const StreamFormat> format) {
    GstBuffer* buffer = gst_sample_get_buffer(sample);
    Frame frame;
    frame.buffer = gst::Ref<GstBuffer>::retain(buffer);
    if (gst_structure_has_name(gst_caps_get_structure(format->caps.get(), 0), "application/x-rtp"))
        frame.packet = packetIn(buffer);
    frame.format = std::move(format);
    frame.bytes = static_cast<std::uint32_t>(gst_buffer_get_size(buffer));
    frame.keyframe = !GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_DELTA_UNIT);
    return frame;
}

void stampArrivals(std::vector<Frame>& frames) {
    if (frames.empty()) return;
    const auto last = GST_BUFFER_PTS(frames.back().buffer.get());
    for (Frame& frame : frames)
        frame.arrived = Clock::now() - std::chrono::nanoseconds(last - GST_BUFFER_PTS(frame.buffer.get()));
}

} // namespace

std::vector<Frame> framesOf(const std::string& description, std::uint64_t incarnation) {
    GError* error = nullptr;
    const auto pipeline = gst::Ref<GstElement>::sink(
        gst_parse_launch((description + " ! appsink name=sink sync=false").c_str(), &error));
    INFO(description);
    REQUIRE(error == nullptr);
    const auto sink =
        gst::Ref<GstElement>::adopt(gst_bin_get_by_name(gst::cast<GstBin>(pipeline.get()), "sink"));
    gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
    std::vector<Frame> frames;
    std::shared_ptr<const StreamFormat> format;
    for (;;) {
        const auto sample = gst::Ref<GstSample>::adopt(
            gst_app_sink_try_pull_sample(gst::cast<GstAppSink>(sink.get()), 20 * GST_SECOND));
        if (!sample) break;
        GstCaps* caps = gst_sample_get_caps(sample.get());
        if (!format || !gst_caps_is_equal(format->caps.get(), caps))
            format = std::make_shared<StreamFormat>(caps, incarnation);
        frames.push_back(frameOf(sample.get(), format));
    }
    gst_element_set_state(pipeline.get(), GST_STATE_NULL);
    stampArrivals(frames);
    return frames;
}

std::vector<Frame> video(const std::string& encoder, int frames, std::uint64_t incarnation, int width,
                         int height) {
    return framesOf(fmt::format("videotestsrc num-buffers={} ! video/x-raw,format=I420,width={},height={},"
                                "framerate=25/1 ! {}",
                                frames, width, height, encoder),
                    incarnation);
}

std::vector<Frame> audio(int packets, std::uint64_t incarnation) {
    return framesOf(fmt::format("audiotestsrc num-buffers={} samplesperbuffer=960 ! "
                                "audio/x-raw,rate=48000,channels=2 ! opusenc",
                                packets),
                    incarnation);
}

ProcessResult runShell(const std::string& command) {
    std::FILE* pipe = ::popen(("timeout 60 sh -c '" + command + "' 2>&1").c_str(), "r");
    REQUIRE(pipe != nullptr);
    std::string output;
    std::array<char, 4096> part{};
    while (const auto bytes = std::fread(part.data(), 1, part.size(), pipe))
        output.append(part.data(), bytes);
    const int status = ::pclose(pipe);
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, output};
}

Probe probe(const std::filesystem::path& file) {
    const auto entries =
        runShell("ffprobe -v error -count_frames -show_entries "
                 "stream=codec_name,nb_read_frames,start_time:format=duration -of default=nw=1 " +
                 file.string());
    std::map<std::string, std::string> values;
    std::istringstream lines(entries.output);
    for (std::string line; std::getline(lines, line);)
        if (const auto equals = line.find('='); equals != std::string::npos)
            values[line.substr(0, equals)] = line.substr(equals + 1);
    const auto first = runShell(
        "ffprobe -v error -read_intervals %+#1 -show_entries packet=flags -of csv=p=0 " + file.string());
    Probe result;
    result.codec = values["codec_name"];
    result.frames = std::atoi(values["nb_read_frames"].c_str());
    result.start = std::atof(values["start_time"].c_str());
    result.duration = std::atof(values["duration"].c_str());
    result.keyframeFirst = first.output.starts_with("K");
    result.complaints =
        runShell("ffmpeg -v error -i " + file.string() + " -fps_mode passthrough -enc_time_base -1 -f null -")
            .output;
    return result;
}

TemporaryDirectory::TemporaryDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "spillway-test-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path_ = name;
}

TemporaryDirectory::~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

std::vector<std::filesystem::path> recordings(const std::filesystem::path& directory) {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(directory))
        if (entry.path().extension() == ".mkv") files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    return files;
}

std::unique_ptr<relay::OutputGroup> recordGroup(const std::filesystem::path& directory,
                                                config::RecordFiles files,
                                                std::chrono::milliseconds segment) {
    config::RecordOutput settings;
    settings.directory = directory;
    settings.files = files;
    settings.segment = segment;
    config::SubscriptionSettings subscription;
    subscription.name = "archive";
    subscription.output = settings;
    return relay::makeOutputGroup(subscription);
}

} // namespace spillway::test
