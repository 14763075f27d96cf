// Picture and sound of a participant in one file, judged by ffprobe.
#include "relay/outputs/media.h"
#include "relay/outputs/output.h"
#include "relay/outputs/record/participant/interrupted.h"

#include "support/catch.h"
#include "support/leak_guard.h"

#include <gst/gst.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

using namespace spillway;
using namespace spillway::relay;
using namespace spillway::test;
using Catch::Contains;
using Catch::Matchers::Equals;
using namespace std::chrono_literals;

namespace {

using Time = std::chrono::nanoseconds;

/// When a frame is captured, when it comes, and whether its publisher tells the one.
struct Moment {
    Time captured;
    Time arrives;
    bool told;
    const Frame* frame;
    int feed;
};

/// A `record` subscription with the tracks of alice.
struct Stage {
    explicit Stage(std::chrono::milliseconds segment = 0ms)
        : group(recordGroup(directory.path(), config::RecordFiles::participant, segment)) {}
    int open(const std::string& source, MediaKind kind) {
        statuses.push_back(std::make_shared<OutputStatus>());
        outputs.push_back(group->open({{"studio", "alice", source}, kind, statuses.back()}));
        return static_cast<int>(outputs.size()) - 1;
    }
    /// A camera and a microphone.
    std::pair<int, int> openBoth() {
        const int camera = open("camera", MediaKind::video);
        return {camera, open("microphone", MediaKind::audio)};
    }
    /// Frames of that feed from `from` on, each `late` after its capture; told when that was, or not.
    void play(int feed, const std::vector<Frame>& frames, Time from = 0s, Time late = 0ms, bool told = true) {
        played_.push_back(frames);
        const auto first = GST_BUFFER_PTS(frames.front().buffer.get());
        for (const Frame& frame : played_.back()) {
            const Time captured = from + Time(GST_BUFFER_PTS(frame.buffer.get()) - first);
            moments_.push_back({captured, captured + late, told, &frame, feed});
        }
    }
    /// Everything in the order of arrival; how many were written.
    int run() {
        std::stable_sort(moments_.begin(), moments_.end(),
                         [](const Moment& a, const Moment& b) { return a.arrives < b.arrives; });
        int written = 0;
        for (const Moment& moment : moments_)
            written += write(moment) ? 1 : 0;
        moments_.clear();
        return written;
    }
    void end(int feed) {
        auto& output = outputs.at(static_cast<std::size_t>(feed));
        output->close(EndReason::trackEnded);
        output.reset();
    }
    void end() {
        for (std::size_t feed = 0; feed < outputs.size(); ++feed)
            if (outputs[feed]) end(static_cast<int>(feed));
    }
    std::vector<std::filesystem::path> files() const { return recordings(directory.path()); }

    TemporaryDirectory directory;
    std::unique_ptr<OutputGroup> group;
    std::vector<std::unique_ptr<Output>> outputs;
    std::vector<std::shared_ptr<OutputStatus>> statuses;

  private:
    bool write(const Moment& moment) {
        Frame frame = *moment.frame;
        frame.arrived = start_ + moment.arrives;
        if (moment.told) frame.captured = start_ + moment.captured;
        // On a clock that has nothing to do with the other track's.
        const auto presentation = static_cast<GstClockTime>((moment.captured + moment.feed * 7s).count());
        GstBuffer* buffer = gst_buffer_copy(frame.buffer.get());
        if (GST_BUFFER_DTS_IS_VALID(buffer))
            GST_BUFFER_DTS(buffer) = presentation - (GST_BUFFER_PTS(buffer) - GST_BUFFER_DTS(buffer));
        GST_BUFFER_PTS(buffer) = presentation;
        frame.buffer = gst::Ref<GstBuffer>::adopt(buffer);
        return outputs.at(static_cast<std::size_t>(moment.feed))->write(frame);
    }

    const Clock::time_point start_ = Clock::now() - 1min;
    std::vector<std::vector<Frame>> played_;
    std::vector<Moment> moments_;
};

struct Stream {
    std::string codec;
    std::vector<double> times; ///< seconds, sorted
    bool keyframeFirst = false;
};
struct Contents {
    std::vector<Stream> streams;
    double duration = 0;
    std::string complaints;
};

Contents read(const std::filesystem::path& file) {
    Contents contents;
    std::istringstream lines(
        runShell("ffprobe -v error -show_entries "
                 "stream=index,codec_name:packet=stream_index,pts_time,flags:format=duration -of csv " +
                 file.string())
            .output);
    for (std::string line; std::getline(lines, line);) {
        std::istringstream fields(line);
        std::vector<std::string> parts;
        for (std::string part; std::getline(fields, part, ',');)
            parts.push_back(part);
        if (parts.size() > 1 && parts[0] == "format") contents.duration = std::atof(parts[1].c_str());
        if (parts.size() < 3) continue;
        const auto index = static_cast<std::size_t>(std::atoi(parts[1].c_str()));
        if (contents.streams.size() <= index) contents.streams.resize(index + 1);
        Stream& stream = contents.streams[index];
        if (parts[0] == "stream") stream.codec = parts[2];
        if (parts[0] != "packet") continue;
        if (stream.times.empty()) stream.keyframeFirst = parts[3].starts_with("K");
        stream.times.push_back(std::atof(parts[2].c_str()));
    }
    for (Stream& stream : contents.streams)
        std::sort(stream.times.begin(), stream.times.end());
    contents.complaints = runShell("ffmpeg -v error -i " + file.string() + " -map 0 -f null -").output;
    return contents;
}

/// Of a file with one VP8 track and another.
std::pair<Stream, Stream> pictureAndSound(const Contents& file) {
    const Stream& first = file.streams.at(0);
    const Stream& second = file.streams.at(1);
    return first.codec == "vp8" ? std::pair(first, second) : std::pair(second, first);
}

std::string textBeside(std::filesystem::path recording) {
    std::ifstream file(recording.replace_extension(".json"));
    return {std::istreambuf_iterator<char>(file), {}};
}

std::size_t framesIn(const std::vector<Contents>& files, const std::string& codec) {
    std::size_t sum = 0;
    for (const Contents& file : files)
        for (const Stream& stream : file.streams)
            if (stream.codec == codec) sum += stream.times.size();
    return sum;
}

std::vector<Contents> readAll(const Stage& stage) {
    std::vector<Contents> all;
    for (const auto& file : stage.files())
        all.push_back(read(file));
    return all;
}

} // namespace

TEST_CASE("picture and sound of a participant are in one file, frame for frame, whatever the codec") {
    for (const auto& [encoder, codec] :
         {std::pair{vp8, "vp8"}, std::pair{vp9, "vp9"}, std::pair{h264, "h264"}, std::pair{h265, "hevc"}}) {
        INFO(codec);
        Stage stage;
        const LeakGuard guard;
        const auto [camera, microphone] = stage.openBoth();
        stage.play(camera, video(encoder, 75));
        stage.play(microphone, audio(150));
        const int given = stage.run();
        CHECK(given >= 225);
        stage.end();
        guard.require();
        REQUIRE(stage.files().size() == 1);
        CHECK(stage.files().front().parent_path() == stage.directory.path() / "studio/alice");
        const Contents file = read(stage.files().front());
        REQUIRE(file.streams.size() == 2);
        CHECK(file.streams[0].codec == codec);
        CHECK(file.streams[0].times.size() == 75);
        CHECK(file.streams[0].keyframeFirst);
        CHECK(file.streams[1].codec == "opus");
        CHECK(file.streams[0].times.size() + file.streams[1].times.size() == static_cast<std::size_t>(given));
        CHECK(file.duration == Catch::Approx(3.0).margin(0.05));
        CHECK_THAT(file.complaints, Equals(""));
        CHECK_THAT(stage.statuses[0]->read().error, Equals(""));
    }
}

TEST_CASE("a picture that comes 600 ms late is in sync with its sound, since its publisher tells") {
    Stage stage;
    const auto [camera, microphone] = stage.openBoth();
    stage.play(camera, video(vp8, 100), 1s, 600ms);
    stage.play(microphone, audio(250));
    stage.run();
    stage.end();
    const auto files = readAll(stage);
    REQUIRE(files.size() == 1);
    REQUIRE(files[0].streams.size() == 2);
    const auto [picture, sound] = pictureAndSound(files[0]);
    CHECK(picture.times.front() - sound.times.front() == Catch::Approx(1.0).margin(0.02));
    CHECK(picture.times.back() == Catch::Approx(picture.times.front() + 99 * 0.04).margin(0.02));
    CHECK(framesIn(files, "vp8") == 100);
}

TEST_CASE("a track that pauses keeps its place in time, and the gap is told") {
    Stage stage;
    const auto [camera, microphone] = stage.openBoth();
    stage.play(camera, video(vp8, 50));
    stage.play(camera, video(vp8, 50), 5s);
    stage.play(microphone, audio(350));
    stage.run();
    stage.end();
    const auto files = readAll(stage);
    REQUIRE(files.size() == 1);
    const Stream& picture = files[0].streams.at(0);
    REQUIRE(picture.codec == "vp8");
    REQUIRE(picture.times.size() == 100);
    CHECK(picture.times[50] - picture.times[0] == Catch::Approx(5.0).margin(0.02));
    CHECK(files[0].duration == Catch::Approx(7.0).margin(0.05));
    CHECK_THAT(textBeside(stage.files()[0]), Contains("\"gaps\": [{\"from_ms\": 1960, \"to_ms\": 5000}]"));
}

TEST_CASE("segments begin with a keyframe and add up, no frame is lost or twice") {
    Stage stage(1s);
    const auto [camera, microphone] = stage.openBoth();
    stage.play(camera, video(vp8, 150));
    const auto packets = audio(300);
    stage.play(microphone, packets);
    stage.run();
    stage.end();
    const auto files = readAll(stage);
    REQUIRE(files.size() >= 4);
    CHECK(framesIn(files, "vp8") == 150);
    CHECK(framesIn(files, "opus") == packets.size());
    double sum = 0;
    for (const Contents& file : files) {
        REQUIRE(file.streams.size() == 2);
        CHECK(file.streams[0].times.front() == Catch::Approx(0.0).margin(0.001));
        CHECK(file.streams[0].keyframeFirst);
        CHECK(file.streams[1].times.front() < 0.04);
        CHECK_THAT(file.complaints, Equals(""));
        sum += file.duration;
    }
    CHECK(sum == Catch::Approx(6.0).margin(0.05));
}

TEST_CASE("a segment that begins after the picture has ended has the sound alone") {
    Stage stage(1s);
    const auto [camera, microphone] = stage.openBoth();
    stage.play(camera, video(vp8, 20));
    const auto packets = audio(250);
    stage.play(microphone, {packets.begin(), packets.begin() + 50});
    stage.run();
    stage.end(camera);
    stage.play(microphone, {packets.begin() + 50, packets.end()}, 1s);
    stage.run();
    stage.end();
    const auto files = readAll(stage);
    REQUIRE(files.size() >= 2);
    CHECK(files.front().streams.size() == 2);
    CHECK(files.back().streams.size() == 1);
    CHECK(framesIn(files, "opus") == packets.size());
}

TEST_CASE("a track that comes later begins a segment for all, no frame is lost or twice") {
    Stage stage;
    const auto [camera, microphone] = stage.openBoth();
    stage.play(camera, video(vp8, 150));
    const auto packets = audio(300);
    stage.play(microphone, packets);
    const int screen = stage.open("screen", MediaKind::video);
    stage.play(screen, video(h264, 50), 4s);
    stage.run();
    stage.end();
    const auto files = readAll(stage);
    REQUIRE(files.size() == 2);
    CHECK(files[0].streams.size() == 2);
    CHECK(files[1].streams.size() == 3);
    CHECK(framesIn(files, "vp8") == 150);
    CHECK(framesIn(files, "h264") == 50);
    CHECK(framesIn(files, "opus") == packets.size());
    for (const Contents& file : files) {
        for (const Stream& stream : file.streams)
            CHECK(stream.keyframeFirst);
        CHECK_THAT(file.complaints, Equals(""));
    }
    CHECK_THAT(textBeside(stage.files()[1]), Contains("\"source\": \"screen\""));
}

TEST_CASE("another codec begins another file; the sound goes on without a loss") {
    Stage stage;
    const auto [camera, microphone] = stage.openBoth();
    stage.play(camera, video(vp8, 75));
    stage.play(camera, video(h264, 75), 3s);
    const auto packets = audio(300);
    stage.play(microphone, packets);
    stage.run();
    stage.end();
    const auto files = readAll(stage);
    REQUIRE(files.size() == 2);
    CHECK(framesIn(files, "vp8") == 75);
    CHECK(framesIn(files, "h264") == 75);
    CHECK(framesIn(files, "opus") == packets.size());
    CHECK(files[0].duration + files[1].duration == Catch::Approx(6.0).margin(0.1));
}

TEST_CASE("a track alone begins after two seconds, and one that is shorter when it ends") {
    Stage stage;
    const int microphone = stage.open("microphone", MediaKind::audio);
    const auto packets = audio(150);
    stage.play(microphone, packets);
    stage.run();
    CHECK(stage.files().size() == 1);
    stage.end();
    CHECK(framesIn(readAll(stage), "opus") == packets.size());

    Stage brief;
    brief.play(brief.open("camera", MediaKind::video), video(vp8, 10));
    brief.run();
    CHECK(brief.files().empty());
    brief.end();
    CHECK(framesIn(readAll(brief), "vp8") == 10);
}

TEST_CASE("reports that come after the beginning put a track in its place with a new segment") {
    Stage stage;
    const auto [camera, microphone] = stage.openBoth();
    const auto pictures = video(vp8, 200);
    stage.play(camera, {pictures.begin(), pictures.begin() + 100}, 0s, 600ms, false);
    stage.play(camera, {pictures.begin() + 100, pictures.end()}, 4s, 600ms);
    const auto packets = audio(450);
    stage.play(microphone, packets);
    stage.run();
    stage.end();
    const auto files = readAll(stage);
    REQUIRE(files.size() == 2);
    CHECK(framesIn(files, "vp8") == 200);
    CHECK(framesIn(files, "opus") == packets.size());
    REQUIRE(files[1].streams.size() == 2);
    const auto [picture, sound] = pictureAndSound(files[1]);
    CHECK(picture.times.back() - sound.times.back() == Catch::Approx(8.0 - 9.0).margin(0.06));
}

TEST_CASE("what a crash leaves plays up to its last frame, and is said to be interrupted") {
    Stage stage;
    const auto [camera, microphone] = stage.openBoth();
    stage.play(camera, video(vp8, 100));
    stage.play(microphone, audio(200));
    stage.run();
    REQUIRE(stage.files().size() == 1);
    const auto file = stage.files().front();
    CHECK_THAT(textBeside(file), Contains("\"state\": \"recording\""));
    markInterrupted(stage.directory.path(), "archive");
    CHECK_THAT(textBeside(file), Contains("\"state\": \"recording\"")); // it is being written

    // As it is on the disk now.
    const auto left = stage.directory.path() / "studio/bob/2026-01-01T00-00-00.000Z.archive.mkv";
    std::filesystem::create_directories(left.parent_path());
    std::filesystem::copy_file(file, left);
    auto description = left;
    auto original = file;
    std::filesystem::copy_file(original.replace_extension(".json"), description.replace_extension(".json"));
    const Contents contents = read(left);
    CHECK(contents.streams.at(0).times.size() > 90);
    CHECK_THAT(contents.complaints, Equals(""));
    markInterrupted(stage.directory.path(), "another");
    CHECK_THAT(textBeside(left), Contains("\"state\": \"recording\""));
    markInterrupted(stage.directory.path(), "archive");
    CHECK_THAT(textBeside(left), Contains("\"state\": \"interrupted\""));
    stage.end();
    CHECK_THAT(textBeside(file), Contains("\"state\": \"finished\""));
}
