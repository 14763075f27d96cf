#include "relay/outputs/record/group.h"

#include "config/name.h"
#include "relay/outputs/record/recorder.h"
#include "relay/outputs/record/retention.h"

#include <fmt/core.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>
#include <system_error>

namespace spillway::relay {

namespace {

// A recorder is behind when its disk is: five seconds of a 2.5 Mbit/s picture are 1.6 MB, a keyframe of a
// 1080p screen may be 1 MB. Audio is 50 packets a second and small; it may be late for longer.
constexpr QueueBounds videoBounds{512, 8ULL * 1024 * 1024, std::chrono::seconds(5),
                                  QueuePolicy::dropToKeyframe};
constexpr QueueBounds audioBounds{1024, 1024ULL * 1024, std::chrono::seconds(10), QueuePolicy::dropOldest};

void makeDirectory(const std::filesystem::path& directory) {
    std::error_code error;
    std::filesystem::create_directories(directory, error);
    if (!error && ::faccessat(AT_FDCWD, directory.c_str(), W_OK | X_OK, AT_EACCESS) != 0)
        error.assign(errno, std::generic_category());
    if (error)
        throw std::runtime_error(
            fmt::format("cannot record into {}: {}", directory.string(), error.message()));
}

class RecordGroup : public OutputGroup {
  public:
    RecordGroup(std::string subscription, const config::TrackGlob& tracks,
                const config::RecordOutput& settings)
        : subscription_(std::move(subscription))
        , settings_(settings)
        , retention_(std::make_shared<Retention>(settings, tracks)) {
        makeDirectory(settings_.directory);
    }

    Rendition rendition() const override { return Rendition::encoded; }

    QueueBounds defaultBounds(MediaKind kind) const override {
        return kind == MediaKind::video ? videoBounds : audioBounds;
    }

    /// By file system: a disk that hangs stops neither sockets nor other disks.
    std::string loopKey() const override {
        struct stat status {};
        ::stat(settings_.directory.c_str(), &status);
        return fmt::format("disk-{:x}", status.st_dev);
    }

    std::unique_ptr<Output> open(const OutputRequest& request) override {
        for (const std::string& part : {request.track.call, request.track.participant, request.track.source})
            if (!config::isName(part))
                throw std::runtime_error(fmt::format("\"{}\" cannot be part of a path", part));
        return std::make_unique<Recorder>(
            RecorderSettings{subscription_, settings_.directory, settings_.segment}, retention_, request);
    }

  private:
    std::string subscription_;
    config::RecordOutput settings_;
    /// Shared without a lock: all outputs of a group have one directory, and so one loop.
    std::shared_ptr<Retention> retention_;
};

} // namespace

std::unique_ptr<OutputGroup> makeRecordGroup(const config::SubscriptionSettings& subscription,
                                             const config::RecordOutput& settings) {
    return std::make_unique<RecordGroup>(subscription.name, subscription.tracks, settings);
}

} // namespace spillway::relay
