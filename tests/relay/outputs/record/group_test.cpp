#include "relay/outputs/media.h"
#include "relay/outputs/output.h"
#include "relay/outputs/output_loop.h"
#include "relay/outputs/record/recording_name.h"

#include "support/catch.h"
#include "support/leak_guard.h"
#include "support/wait.h"

#include <gst/gst.h>

#include <sys/mount.h>
#include <unistd.h>

#include <fstream>
#include <stdexcept>
#include <string>

using namespace spillway;
using namespace spillway::relay;
using namespace spillway::test;
using Catch::Matchers::Equals;
using namespace std::chrono_literals;

namespace {

/// A `record` subscription with one track.
struct Recording {
    std::shared_ptr<OutputStatus> status = std::make_shared<OutputStatus>();
    std::unique_ptr<OutputGroup> group;
    std::unique_ptr<Output> output;

    Recording(const std::filesystem::path& directory, MediaKind kind, std::chrono::milliseconds segment = 0ms)
        : group(recordGroup(directory, config::RecordFiles::track, segment)) {
        output = group->open({{"studio", "alice", "camera"}, kind, status});
    }
    int write(const std::vector<Frame>& frames) const {
        int written = 0;
        for (const Frame& frame : frames)
            written += output->write(frame) ? 1 : 0;
        return written;
    }
    /// Closes as the loop does.
    void end() {
        output->close(EndReason::trackEnded);
        output.reset();
    }
};

Frame restamped(const Frame& frame, GstClockTime pts) {
    Frame copy = frame;
    GstBuffer* buffer = gst_buffer_copy(frame.buffer.get());
    GST_BUFFER_PTS(buffer) = pts;
    GST_BUFFER_DTS(buffer) = GST_CLOCK_TIME_NONE;
    copy.buffer = gst::Ref<GstBuffer>::adopt(buffer);
    return copy;
}

/// A file system of half a megabyte.
class SmallDisk {
  public:
    explicit SmallDisk(std::filesystem::path at)
        : at_(std::move(at)) {
        REQUIRE(::mount("tmpfs", at_.c_str(), "tmpfs", 0, "size=512k") == 0);
    }
    ~SmallDisk() { ::umount2(at_.c_str(), MNT_DETACH); }
    SmallDisk(const SmallDisk&) = delete;
    SmallDisk& operator=(const SmallDisk&) = delete;

  private:
    std::filesystem::path at_;
};

/// Writes the frames again and again, as a live track would, until one is taken.
bool writeUntilTaken(const Recording& recording, const std::vector<Frame>& frames,
                     std::chrono::seconds deadline) {
    const auto end = Clock::now() + deadline;
    while (Clock::now() < end)
        for (const Frame& frame : frames)
            if (recording.output->write(frame)) return true;
    return false;
}

std::vector<Frame> from(const std::vector<Frame>& frames, std::size_t first) {
    return {frames.begin() + static_cast<std::ptrdiff_t>(first), frames.end()};
}

} // namespace

TEST_CASE("every codec is recorded frame for frame into a file that plays") {
    struct Case {
        const char* encoder;
        const char* codec;
    };
    for (const auto& [encoder, codec] :
         {Case{vp8, "vp8"}, Case{vp9, "vp9"}, Case{h264, "h264"}, Case{h265, "hevc"}}) {
        const TemporaryDirectory directory;
        const LeakGuard guard;
        Recording recording(directory.path(), MediaKind::video);
        CHECK(recording.write(video(encoder, 50)) == 50);
        recording.end();
        guard.require();
        INFO(codec);
        REQUIRE(recordings(directory.path()).size() == 1);
        const Probe file = probe(recordings(directory.path()).front());
        CHECK(file.codec == codec);
        CHECK(file.frames == 50);
        CHECK_THAT(file.complaints, Equals(""));
        CHECK(file.start == 0);
        CHECK(file.keyframeFirst);
        CHECK(file.duration == Catch::Approx(2.0).margin(0.05));
        CHECK_THAT(recording.status->read().error, Equals(""));
    }
}

TEST_CASE("audio is recorded packet for packet") {
    const TemporaryDirectory directory;
    Recording recording(directory.path(), MediaKind::audio);
    const auto packets = audio(100);
    CHECK(recording.write(packets) == static_cast<int>(packets.size()));
    recording.end();
    REQUIRE(recordings(directory.path()).size() == 1);
    const Probe file = probe(recordings(directory.path()).front());
    CHECK(file.codec == "opus");
    CHECK(file.frames == static_cast<int>(packets.size()));
    CHECK_THAT(file.complaints, Equals(""));
    CHECK(file.duration == Catch::Approx(2.0).margin(0.05));
}

TEST_CASE("recordings lie under call, participant and source and are named after their start") {
    const TemporaryDirectory directory;
    Recording first(directory.path(), MediaKind::video);
    Recording second(directory.path(), MediaKind::video);
    auto frames = video(vp8, 5);
    for (Frame& frame : frames)
        frame.arrived = frames.front().arrived;
    first.write(frames);
    const auto target = first.status->read().target;
    second.write(frames);
    first.end();
    second.end();
    const auto files = recordings(directory.path());
    REQUIRE(files.size() == 2); // of one start: no file is overwritten
    for (const auto& file : files) {
        CHECK(file.parent_path() == directory.path() / "studio" / "alice" / "camera");
        CHECK(recordingOwner(file.filename().string()) == "archive");
        CHECK(probe(file).frames == 5);
    }
    CHECK((target == files[0].string() || target == files[1].string()));
}

TEST_CASE("a file that was never finished plays up to its last frame") {
    const TemporaryDirectory directory;
    Recording recording(directory.path(), MediaKind::video);
    recording.write(video(vp8, 35));
    const Probe growing = probe(recordings(directory.path()).front());
    CHECK(growing.frames == 35);
    CHECK_THAT(growing.complaints, Equals(""));
    recording.output.reset();
    const Probe left = probe(recordings(directory.path()).front());
    CHECK(left.frames == 35);
    CHECK_THAT(left.complaints, Equals(""));
}

TEST_CASE("segments begin with a keyframe at time 0 and together hold every frame") {
    const TemporaryDirectory directory;
    Recording recording(directory.path(), MediaKind::video, 1000ms);
    CHECK(recording.write(video(vp8, 100)) == 100);
    recording.end();
    const auto files = recordings(directory.path());
    CHECK(files.size() >= 3);
    int frames = 0;
    for (const auto& path : files) {
        const Probe file = probe(path);
        CHECK(file.keyframeFirst);
        CHECK(file.start == 0);
        CHECK_THAT(file.complaints, Equals(""));
        frames += file.frames;
    }
    CHECK(frames == 100);
}

TEST_CASE("when a segment is over a keyframe is wished for") {
    const TemporaryDirectory directory;
    Recording recording(directory.path(), MediaKind::video, 1000ms);
    const auto frames = video("vp8enc deadline=1 keyframe-max-dist=1000", 50);
    for (std::size_t i = 0; i < frames.size(); ++i) {
        recording.output->write(frames[i]);
        CHECK(recording.output->wantsKeyframe() == (i >= 25));
    }
}

TEST_CASE("nothing is left behind when no frame could start a file") {
    const TemporaryDirectory directory;
    Recording recording(directory.path(), MediaKind::video);
    const auto frames = video(vp8, 9);
    CHECK(recording.write(from(frames, 1)) == 0);
    CHECK(recording.output->wantsKeyframe());
    recording.end();
    CHECK(recordings(directory.path()).empty());
}

TEST_CASE("another source begins another file, another picture size does not") {
    const TemporaryDirectory directory;
    Recording recording(directory.path(), MediaKind::video);
    CHECK(recording.write(video(vp8, 40, 1)) == 40);
    CHECK(recording.write(video(vp8, 20, 1, 160, 90)) == 20);
    CHECK(recordings(directory.path()).size() == 1);
    CHECK(recording.write(video(vp8, 20, 2)) == 20);
    recording.end();
    const auto files = recordings(directory.path());
    REQUIRE(files.size() == 2);
    CHECK(probe(files[0]).frames == 60);
    CHECK(probe(files[1]).frames == 20);
    CHECK_THAT(probe(files[0]).complaints, Equals(""));
}

TEST_CASE("other parameter sets of H.264 begin another file") {
    const TemporaryDirectory directory;
    Recording recording(directory.path(), MediaKind::video);
    CHECK(recording.write(video(h264, 20)) == 20);
    CHECK(recording.write(video(h264, 20, 1, 640, 360)) == 20);
    recording.end();
    const auto files = recordings(directory.path());
    REQUIRE(files.size() == 2);
    for (const auto& file : files) {
        CHECK(probe(file).frames == 20);
        CHECK_THAT(probe(file).complaints, Equals(""));
    }
}

TEST_CASE("timestamps that are missing, go back or start over do not break the file") {
    const TemporaryDirectory directory;
    Recording recording(directory.path(), MediaKind::video);
    const auto frames = video(vp8, 60);
    for (std::size_t i = 0; i < frames.size(); ++i) {
        GstClockTime pts = GST_BUFFER_PTS(frames[i].buffer.get()) + (i < 40 ? 5 * GST_SECOND : 0);
        if (i % 11 == 5) pts -= 300 * GST_MSECOND;
        if (i % 7 == 3) pts = GST_CLOCK_TIME_NONE;
        CHECK(recording.output->write(restamped(frames[i], pts)));
    }
    recording.end();
    const Probe file = probe(recordings(directory.path()).front());
    CHECK(file.frames == 60);
    CHECK_THAT(file.complaints, Equals(""));
    CHECK(file.duration == Catch::Approx(2.4).margin(0.1));
}

TEST_CASE("a full disk ends the file with an error, and recording goes on when there is room again") {
    const TemporaryDirectory directory;
    const SmallDisk disk(directory.path());
    const auto frames =
        video("vp8enc deadline=1 keyframe-max-dist=10 target-bitrate=4000000", 100, 1, 640, 360);
    std::ofstream ballast(directory.path() / "ballast");
    ballast << std::string(std::size_t{300} * 1024, 'x') << std::flush;

    Recording recording(directory.path(), MediaKind::video);
    const int written = recording.write(frames);
    CHECK(written > 0);
    CHECK(written < 100);
    const auto failed = recording.status->read();
    CHECK(failed.error.find("No space left on device") != std::string::npos);
    CHECK(failed.error.find(directory.path().string()) != std::string::npos);
    CHECK(failed.errors == 1);
    const auto files = recordings(directory.path());
    REQUIRE(files.size() == 1);
    const Probe cut = probe(files.front());
    CHECK(cut.frames == written);
    CHECK_THAT(cut.complaints, Equals(""));

    std::filesystem::remove(directory.path() / "ballast");
    std::filesystem::remove(files.front());
    REQUIRE(writeUntilTaken(recording, {frames.begin(), frames.begin() + 1}, 10s));
    CHECK_THAT(recording.status->read().error, Equals(""));
    recording.end();
    REQUIRE(recordings(directory.path()).size() == 1);
    CHECK(probe(recordings(directory.path()).front()).frames == 1);
}

TEST_CASE("a disk that has no room for a single frame is left without an empty file") {
    const TemporaryDirectory directory;
    const SmallDisk disk(directory.path());
    std::ofstream ballast(directory.path() / "ballast");
    ballast << std::string(std::size_t{600} * 1024, 'x') << std::flush;
    Recording recording(directory.path(), MediaKind::video);
    CHECK(recording.write(video(vp8, 5)) == 0);
    CHECK(recording.status->read().error.find("No space left on device") != std::string::npos);
    CHECK(recordings(directory.path()).empty());
}

TEST_CASE("a directory that is removed is an error, and recording goes on when it is there again") {
    const TemporaryDirectory directory;
    const auto archive = directory.path() / "archive";
    Recording recording(archive, MediaKind::video);
    const auto frames = video(vp8, 20);
    CHECK(recording.write(frames) == 20);
    std::filesystem::remove_all(archive);
    CHECK(recording.write(from(frames, 5)) == 0);
    CHECK(recording.status->read().error.find("removed") != std::string::npos);
    CHECK_THAT(recording.status->read().target, Equals(""));
    CHECK_FALSE(recording.output->wantsKeyframe()); // not before it tries again

    const auto end = Clock::now() + 10s;
    while (recording.status->read().errors < 2 && Clock::now() < end)
        recording.output->write(frames.front());
    CHECK(recording.status->read().error.find("directory does not exist any more") != std::string::npos);
    CHECK_FALSE(std::filesystem::exists(archive)); // it may be the place of a disk

    std::filesystem::create_directory(archive);
    bool wished = false;
    while (Clock::now() < end && !wished) {
        recording.output->write(frames[1]);
        wished = recording.output->wantsKeyframe();
    }
    CHECK(wished);
    CHECK(recording.write(frames) == 20);
    CHECK_THAT(recording.status->read().error, Equals(""));
    recording.end();
    CHECK(probe(recordings(archive).front()).frames == 20);
}

TEST_CASE("after forced drops a recording decodes without an error") {
    const TemporaryDirectory directory;
    Loop main;
    Recording recording(directory.path(), MediaKind::video);
    OutputLoop loop(main, "test");
    const auto id = loop.reserve();
    FrameQueue::Hooks hooks;
    hooks.wakeReader = [&] { loop.wake(id); };
    const auto queue =
        std::make_shared<FrameQueue>(QueueBounds{7, 1ULL << 20, 60s, QueuePolicy::dropToKeyframe}, hooks);
    const auto frames = video(vp8, 300);
    // Nobody reads at first: the queue overflows again and again.
    for (std::size_t i = 0; i < 150; ++i)
        queue->push(frames[i]);
    EndReason ended = EndReason::none;
    loop.add(id, queue, std::move(recording.output), {}, [&](EndReason reason) { ended = reason; });
    for (std::size_t i = 150; i < frames.size(); ++i) {
        queue->push(frames[i]);
        if (i % 3 == 0) main.runUntil([&] { return queue->stats().queuedBuffers == 0; }, 5s);
    }
    queue->end(EndReason::trackEnded);
    REQUIRE(main.runUntil([&] { return ended != EndReason::none; }, 10s));

    const auto stats = queue->stats();
    CHECK(stats.droppedTotal() > 0);
    CHECK(stats.delivered > 100);
    CHECK(stats.received == stats.delivered + stats.droppedTotal());
    REQUIRE(recordings(directory.path()).size() == 1);
    const Probe file = probe(recordings(directory.path()).front());
    CHECK(file.frames == static_cast<int>(stats.delivered));
    CHECK_THAT(file.complaints, Equals(""));
}

TEST_CASE("a directory that cannot be made is refused, by name") {
    const TemporaryDirectory directory;
    std::ofstream(directory.path() / "file") << "x";
    CHECK_THROWS_WITH(Recording(directory.path() / "file" / "archive", MediaKind::video),
                      Catch::Contains("file/archive"));
}

TEST_CASE("a name that would leave the directory is refused") {
    const TemporaryDirectory directory;
    const Recording recording(directory.path(), MediaKind::video);
    CHECK_THROWS_AS(recording.group->open({{"..", "alice", "camera"}, MediaKind::video, recording.status}),
                    std::runtime_error);
    CHECK_THROWS_AS(recording.group->open({{"studio", "a/b", "camera"}, MediaKind::video, recording.status}),
                    std::runtime_error);
}

TEST_CASE("recorders of one file system share a loop, those of another do not") {
    const TemporaryDirectory directory;
    const TemporaryDirectory other;
    const SmallDisk disk(other.path());
    const Recording one(directory.path() / "a", MediaKind::video);
    const Recording two(directory.path() / "b", MediaKind::video);
    const Recording elsewhere(other.path(), MediaKind::video);
    CHECK(one.group->loopKey() == two.group->loopKey());
    CHECK(one.group->loopKey() != elsewhere.group->loopKey());
}

TEST_CASE("a directory that cannot be made is made once it can") {
    const TemporaryDirectory directory;
    const auto obstacle = directory.path() / "file";
    std::ofstream(obstacle) << "x";
    config::SubscriptionSettings subscription;
    subscription.name = "archive";
    config::RecordOutput output;
    output.directory = obstacle / "archive";
    subscription.output = output;
    const auto group = makeOutputGroup(subscription);
    const auto problem = group->problem();
    REQUIRE(problem);
    CHECK(problem->kind() == Refused::Kind::invalid);
    CHECK_THAT(problem->what(), Catch::Contains("file/archive"));
    std::filesystem::remove(obstacle);
    CHECK(eventually([&] { return !group->problem(); }, 10s));
    CHECK(std::filesystem::is_directory(obstacle / "archive"));
}
