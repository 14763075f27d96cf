#include "relay/base/retry.h"
#include "relay/outputs/media.h"
#include "relay/outputs/record/recording_name.h"
#include "relay/outputs/record/retention.h"

#include "support/catch.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

using namespace spillway;
using namespace spillway::relay;
using namespace spillway::test;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

/// A file of one kilobyte, last written `age` ago.
fs::path makeFile(const fs::path& path, std::chrono::hours age = 0h) {
    fs::create_directories(path.parent_path());
    std::ofstream(path) << std::string(1024, 'x');
    fs::last_write_time(path, fs::file_time_type::clock::now() - age);
    return path;
}

Place::Found placeOf(const fs::path& path) {
    struct stat status {};
    REQUIRE(::stat(path.c_str(), &status) == 0);
    return {status.st_dev, status.st_ino};
}

/// Of a subscription `archive`, which alone records into the directory.
Retention keeping(const fs::path& directory, std::optional<std::chrono::milliseconds> keep,
                  std::optional<std::uint64_t> maxBytes, const char* tracks = "*/*/*") {
    config::RecordOutput settings;
    settings.directory = directory;
    settings.keep = keep;
    settings.maxBytes = maxBytes;
    return {"archive", settings, config::TrackGlob::parse(tracks),
            std::make_shared<DirectoryUse>(placeOf(directory))};
}

void apply(Retention retention) {
    retention.apply(std::chrono::system_clock::now());
}

const char* const oldName = "2026-01-01T00-00-00.000Z.archive.mkv";
const char* const midName = "2026-02-01T00-00-00.000Z.archive.mkv";
const char* const newName = "2026-03-01T00-00-00.000Z-1.archive.mkv";
const char* const unnamed = "2026-01-01T00-00-00.000Z.mkv";

} // namespace

TEST_CASE("recordings that are older than keep are deleted, and folders with the last of them") {
    const TemporaryDirectory directory;
    const auto gone = makeFile(directory.path() / "studio/alice/camera" / oldName, 25h);
    const auto stays = makeFile(directory.path() / "studio/bob/camera" / newName, 1h);
    apply(keeping(directory.path(), 24h, {}));
    CHECK_FALSE(fs::exists(gone));
    CHECK_FALSE(fs::exists(directory.path() / "studio/alice"));
    CHECK(fs::exists(stays));
}

TEST_CASE("recordings of a participant's own go with their descriptions, and count with those of tracks") {
    const TemporaryDirectory directory;
    const auto gone = makeFile(directory.path() / "studio/alice" / oldName, 25h);
    const auto beside = makeFile(directory.path() / "studio/alice" / descriptionOf(oldName), 25h);
    const auto anothers = makeFile(directory.path() / "studio/alice/2026-01-01T00-00-00.000Z.other.mkv", 25h);
    const auto track = makeFile(directory.path() / "studio/alice/camera" / midName, 1h);
    const auto stays = makeFile(directory.path() / "studio/alice" / newName, 1h);
    apply(keeping(directory.path(), 24h, {}));
    CHECK_FALSE(fs::exists(gone));
    CHECK_FALSE(fs::exists(beside));
    CHECK(fs::exists(anothers));
    CHECK(fs::exists(track));
    apply(keeping(directory.path(), {}, 1024, "studio/bob/*"));
    CHECK(fs::exists(track));
    apply(keeping(directory.path(), {}, 1024));
    CHECK_FALSE(fs::exists(track));
    CHECK(fs::exists(stays));
}

TEST_CASE("above max_bytes the oldest recordings of all tracks go first") {
    const TemporaryDirectory directory;
    const auto oldest = makeFile(directory.path() / "studio/zoe/camera" / oldName);
    const auto middle = makeFile(directory.path() / "studio/alice/camera" / midName);
    const auto newest = makeFile(directory.path() / "studio/bob/camera" / newName);
    apply(keeping(directory.path(), {}, 2048));
    CHECK_FALSE(fs::exists(oldest));
    CHECK(fs::exists(middle));
    CHECK(fs::exists(newest));
}

TEST_CASE("a recording that is being written is never deleted") {
    const TemporaryDirectory directory;
    const auto path = makeFile(directory.path() / "studio/alice/camera" / oldName, 100h);
    const int file = ::open(path.c_str(), O_WRONLY);
    REQUIRE(::flock(file, LOCK_EX) == 0);
    apply(keeping(directory.path(), 1h, 0));
    CHECK(fs::exists(path));
    ::close(file);
    apply(keeping(directory.path(), 1h, 0));
    CHECK_FALSE(fs::exists(path));
}

TEST_CASE("what is not a recording of the subscription's tracks is never deleted") {
    const TemporaryDirectory directory;
    const TemporaryDirectory elsewhere;
    const auto outside = makeFile(elsewhere.path() / "camera" / oldName, 100h);
    const auto linked = makeFile(elsewhere.path() / oldName, 100h);
    const std::vector<fs::path> kept{
        makeFile(directory.path() / "studio/alice/camera/holiday.mkv", 100h),
        makeFile(directory.path() / "studio/alice/camera" / (std::string(oldName) + ".txt"), 100h),
        makeFile(directory.path() / "studio/alice/microphone" / oldName, 100h),
        makeFile(directory.path() / "studio" / oldName, 100h),
        makeFile(directory.path() / "another/alice" / oldName, 100h),
        // Of no subscription, where only those with a name of their own are written.
        makeFile(directory.path() / "studio/alice/2026-01-01T00-00-00.000Z.mkv", 100h),
        makeFile(directory.path() / "studio/alice/camera/deeper" / oldName, 100h),
        outside,
        linked,
    };
    fs::create_directories(directory.path() / "studio/bob");
    fs::create_directory_symlink(elsewhere.path() / "camera", directory.path() / "studio/bob/camera");
    fs::create_directory_symlink(elsewhere.path(), directory.path() / "studio/carol");
    fs::create_symlink(linked, directory.path() / "studio/alice/camera" / midName);
    const auto deleted = makeFile(directory.path() / "studio/alice/camera" / oldName, 100h);
    apply(keeping(directory.path(), 1h, 0, "studio/*/camera"));
    for (const auto& path : kept)
        CHECK(fs::exists(path));
    CHECK(fs::is_symlink(directory.path() / "studio/alice/camera" / midName));
    CHECK_FALSE(fs::exists(deleted));
}

TEST_CASE("another subscription's recordings in the same directory are left alone, and do not count") {
    const TemporaryDirectory directory;
    const auto folder = directory.path() / "studio/alice/camera";
    const auto mine = makeFile(folder / oldName, 100h);
    const std::vector<fs::path> kept{
        makeFile(folder / "2026-01-01T00-00-00.000Z.long.mkv", 100h),
        makeFile(folder / "2026-01-01T00-00-00.000Z-1.long.mkv", 100h),
        makeFile(folder / "2026-01-01T00-00-00.000Z.archive-1.mkv", 100h),
        makeFile(folder / "2026-01-01T00-00-00.000Z.archive.archive.mkv", 100h),
    };
    apply(keeping(directory.path(), {}, 1024));
    CHECK(fs::exists(mine));
    apply(keeping(directory.path(), 1h, {}));
    CHECK_FALSE(fs::exists(mine));
    for (const auto& path : kept)
        CHECK(fs::exists(path));
}

TEST_CASE("recordings of earlier versions are deleted by the one subscription that records there") {
    const TemporaryDirectory directory;
    const auto path = makeFile(directory.path() / "studio/alice/camera" / unnamed, 100h);
    {
        const DirectoryUse other(placeOf(directory.path()));
        apply(keeping(directory.path(), 1h, {}));
        CHECK(fs::exists(path));
    }
    apply(keeping(directory.path(), 1h, {}));
    CHECK_FALSE(fs::exists(path));
}

TEST_CASE("the archive is looked through at most once a minute") {
    const TemporaryDirectory directory;
    auto retention = keeping(directory.path(), 1h, {});
    retention.apply(std::chrono::system_clock::now());
    const auto path = makeFile(directory.path() / "studio/alice/camera" / oldName, 100h);
    retention.apply(std::chrono::system_clock::now());
    CHECK(fs::exists(path));
}

TEST_CASE("names of recordings are the UTC start to the millisecond and the subscription") {
    const auto start = std::chrono::system_clock::from_time_t(1795370584) + 7ms;
    CHECK(recordingStart(start) == "2026-11-22T18-03-04.007Z");
    CHECK(recordingName(recordingStart(start), 0, "a.b-1") == "2026-11-22T18-03-04.007Z.a.b-1.mkv");
    CHECK(recordingName(recordingStart(start), 12, "mkv") == "2026-11-22T18-03-04.007Z-12.mkv.mkv");
    for (const char* owner : {"archive", "a.b-1", "mkv", "-2", "Z-2.mkv"})
        for (const int again : {0, 1, 999})
            CHECK(recordingOwner(recordingName(recordingStart(start), again, owner)) == owner);
    CHECK(recordingOwner("2026-11-22T18-03-04.007Z.mkv") == "");
    CHECK(recordingOwner("2026-11-22T18-03-04.007Z-12.mkv") == "");
    for (const char* other : {"", ".mkv", "a.mkv", "2026-11-22T18-03-04.007Z",
                              "2026-11-22T18-03-04.007Z-.mkv", "2026-11-22T18-03-04.007Z-1234.mkv",
                              "2026-11-22T18-03-04.007Zx.mkv", "2026-11-22T18:03:04.007Z.mkv",
                              "2026-11-22T18-03-04.007Z..mkv", "2026-11-22T18-03-04.007Z-1x.a.mkv",
                              "2026-11-22T18-03-04.007Z.a b.mkv", "2026-11-22T18-03-04.007Z.a.mkv.txt"})
        CHECK_FALSE(recordingOwner(other));
}

TEST_CASE("trying again waits longer each time, up to half a minute, until it went well for as long") {
    Retry retry;
    auto now = std::chrono::steady_clock::now();
    for (const auto pause : {1s, 2s, 4s, 8s, 16s, 30s, 30s}) {
        CHECK(retry.mayTry(now));
        retry.failed(now);
        CHECK_FALSE(retry.mayTry(now + pause - 1ms));
        now += pause;
    }
    now += 31s;
    retry.failed(now);
    CHECK(retry.mayTry(now + 1s));
}
