#include "relay/outputs/record/retention.h"

#include "relay/base/descriptor.h"
#include "relay/base/log.h"
#include "relay/outputs/record/folders.h"
#include "relay/outputs/record/recording_name.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <utility>

namespace spillway::relay {

namespace {

constexpr std::chrono::milliseconds longestPause{60'000};
/// What a scan of some ten thousand files costs a disk is nothing every so often.
constexpr std::chrono::milliseconds shortestPause{5'000};

std::chrono::system_clock::time_point timeOf(const timespec& time) {
    using namespace std::chrono;
    return system_clock::time_point(
        duration_cast<system_clock::duration>(seconds(time.tv_sec) + nanoseconds(time.tv_nsec)));
}

} // namespace

Retention::Retention(std::string subscription, const config::RecordOutput& settings, config::TrackGlob tracks,
                     std::shared_ptr<const DirectoryUse> use)
    : subscription_(std::move(subscription))
    , directory_(settings.directory)
    , keep_(settings.keep)
    , maxBytes_(settings.maxBytes)
    , tracks_(std::move(tracks))
    , use_(std::move(use))
    , lookEvery_(std::clamp(settings.keep.value_or(2 * longestPause) / 2, shortestPause, longestPause)) {}

void Retention::apply(std::chrono::system_clock::time_point now) {
    if (!keep_ && !maxBytes_) return;
    const auto steadyNow = std::chrono::steady_clock::now();
    if (lastLook_ && steadyNow - *lastLook_ < lookEvery_) return;
    lastLook_ = steadyNow;

    const Descriptor base(::open(directory_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!base) return;
    std::uint64_t total = 0;
    std::vector<Recording> kept;
    for (Recording& recording : scan(base.get())) {
        if (keep_ && now - recording.written > *keep_ && remove(base.get(), recording, "keep")) continue;
        total += recording.bytes;
        kept.push_back(std::move(recording));
    }
    if (!maxBytes_) return;
    std::sort(kept.begin(), kept.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
    for (auto oldest = kept.begin(); oldest != kept.end() && total > *maxBytes_; ++oldest) {
        if (remove(base.get(), *oldest, "max_bytes")) total -= oldest->bytes;
    }
}

bool Retention::owns(std::string_view name) const {
    const auto owner = recordingOwner(name);
    return owner && (owner->empty() ? !use_->isShared() : *owner == subscription_);
}

/// Those in the folder that `folder` names.
void Retention::addOwned(const Recording& folder, int descriptor, std::vector<Recording>& found) const {
    for (const std::string& name : entriesOf(descriptor)) {
        struct stat status {};
        if (!owns(name) || ::fstatat(descriptor, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0 ||
            !S_ISREG(status.st_mode))
            continue;
        // Earlier versions, whose names have no owner, wrote into folders of sources alone.
        if (folder.source.empty() && recordingOwner(name)->empty()) continue;
        found.push_back({folder.call, folder.participant, folder.source, name,
                         static_cast<std::uint64_t>(status.st_size), timeOf(status.st_mtim)});
    }
}

std::vector<Retention::Recording> Retention::scan(int base) const {
    std::vector<Recording> found;
    eachFolder(base, [&](const std::string& call, int callFolder) {
        eachFolder(callFolder, [&](const std::string& participant, int participantFolder) {
            if (tracks_.matches(call, participant))
                addOwned({call, participant, "", "", 0, {}}, participantFolder, found);
            eachFolder(participantFolder, [&](const std::string& source, int folder) {
                if (tracks_.matches(call, participant, source))
                    addOwned({call, participant, source, "", 0, {}}, folder, found);
            });
        });
    });
    return found;
}

bool Retention::remove(int base, const Recording& recording, const char* cause) const {
    // Step by step, so that no folder can be swapped for a link meanwhile.
    const Descriptor call = openFolder(base, recording.call);
    const Descriptor participant = openFolder(call.get(), recording.participant);
    const Descriptor folder =
        openFolder(participant.get(), recording.source.empty() ? "." : recording.source);
    if (!folder || isBeingWritten(folder.get(), recording.name)) return false;
    if (::unlinkat(folder.get(), recording.name.c_str(), 0) != 0) return false;
    ::unlinkat(folder.get(), descriptionOf(recording.name).c_str(), 0);
    const auto path = directory_ / recording.call / recording.participant / recording.source / recording.name;
    log::info("recording deleted subscriber={} file={} cause={}", subscription_, path.string(), cause);
    // Folders go with their last file; one that is in use is not empty.
    if (!recording.source.empty()) ::unlinkat(participant.get(), recording.source.c_str(), AT_REMOVEDIR);
    ::unlinkat(call.get(), recording.participant.c_str(), AT_REMOVEDIR);
    return true;
}

} // namespace spillway::relay
