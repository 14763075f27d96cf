#include "relay/outputs/record/group.h"

#include "config/name.h"
#include "relay/outputs/place.h"
#include "relay/outputs/record/directory_use.h"
#include "relay/outputs/record/participant/interrupted.h"
#include "relay/outputs/record/participant/track_feed.h"
#include "relay/outputs/record/recorder.h"
#include "relay/outputs/record/retention.h"

#include <fmt/core.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <map>
#include <memory>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace spillway::relay {

namespace {

// A recorder is behind when its disk is: five seconds of a 2.5 Mbit/s picture are 1.6 MB, a keyframe of a
// 1080p screen may be 1 MB. Audio is 50 packets a second and small; it may be late for longer.
constexpr QueueBounds videoBounds{512, 8ULL * 1024 * 1024, std::chrono::seconds(5),
                                  QueuePolicy::dropToKeyframe};
constexpr QueueBounds audioBounds{1024, 1024ULL * 1024, std::chrono::seconds(10), QueuePolicy::dropOldest};

/// How often the retention is asked; it knows itself when to look.
constexpr std::chrono::seconds retentionTick{5};

Place::Found makeDirectory(const std::filesystem::path& directory) {
    std::error_code error;
    struct stat status {};
    std::filesystem::create_directories(directory, error);
    if (!error && (::faccessat(AT_FDCWD, directory.c_str(), W_OK | X_OK, AT_EACCESS) != 0 ||
                   ::stat(directory.c_str(), &status) != 0))
        error.assign(errno, std::generic_category());
    if (error)
        throw std::runtime_error(
            fmt::format("cannot record into {}: {}", directory.string(), error.message()));
    return {status.st_dev, status.st_ino};
}

class RecordGroup : public OutputGroup {
  public:
    RecordGroup(std::string subscription, config::TrackGlob tracks, const config::RecordOutput& settings)
        : subscription_(std::move(subscription))
        , tracks_(std::move(tracks))
        , settings_(settings)
        , place_(settings.directory, [directory = settings.directory] { return makeDirectory(directory); }) {}

    Rendition rendition() const override { return Rendition::encoded; }

    std::optional<Refused> problem() override {
        auto problem = place_.problem();
        if (!problem && !use_) use_ = std::make_shared<const DirectoryUse>(place_.found());
        return problem;
    }

    std::string target() const override { return settings_.directory.string(); }

    QueueBounds defaultBounds(MediaKind kind) const override {
        return kind == MediaKind::video ? videoBounds : audioBounds;
    }

    /// By file system: a disk that hangs stops neither sockets nor other disks.
    std::string loopKey() const override { return fmt::format("disk-{:x}", place_.found().device); }

    std::size_t heldBytes(MediaKind kind) const override {
        return settings_.files == config::RecordFiles::participant ? ParticipantRecorder::held(kind) : 0;
    }

    std::optional<Chore> chore() override {
        const auto retention = std::make_shared<Retention>(subscription_, settings_, tracks_, use_);
        const auto looked = std::make_shared<bool>(false);
        const auto work = [retention, looked, directory = settings_.directory, name = subscription_] {
            if (!std::exchange(*looked, true)) markInterrupted(directory, name);
            retention->apply(std::chrono::system_clock::now());
        };
        return Chore{work, retentionTick};
    }

    std::unique_ptr<Output> open(const OutputRequest& request) override {
        if (const auto wrong = problem()) throw *wrong;
        for (const std::string& part : {request.track.call, request.track.participant, request.track.source})
            if (!config::isName(part))
                throw std::runtime_error(fmt::format("\"{}\" cannot be part of a path", part));
        RecorderSettings recorder{subscription_, settings_.directory, settings_.segment};
        if (settings_.files == config::RecordFiles::track)
            return std::make_unique<Recorder>(std::move(recorder), request);
        return std::make_unique<TrackFeed>(recorderOf(request.track, std::move(recorder)), request);
    }

  private:
    /// One for a participant, while one of its tracks is recorded.
    std::shared_ptr<ParticipantRecorder> recorderOf(const TrackName& track, RecorderSettings settings) {
        std::erase_if(recorders_, [](const auto& entry) { return entry.second.expired(); });
        auto& known = recorders_[{track.call, track.participant}];
        auto recorder = known.lock();
        if (!recorder)
            known = recorder =
                std::make_shared<ParticipantRecorder>(std::move(settings), track.call, track.participant);
        return recorder;
    }

    const std::string subscription_;
    const config::TrackGlob tracks_;
    const config::RecordOutput settings_;
    Place place_;
    std::shared_ptr<const DirectoryUse> use_; ///< once place_ is found
    std::map<std::pair<std::string, std::string>, std::weak_ptr<ParticipantRecorder>> recorders_;
};

} // namespace

std::unique_ptr<OutputGroup> makeRecordGroup(const config::SubscriptionSettings& subscription,
                                             const config::RecordOutput& settings) {
    return std::make_unique<RecordGroup>(subscription.name, subscription.tracks, settings);
}

} // namespace spillway::relay
