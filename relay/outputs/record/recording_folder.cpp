#include "relay/outputs/record/recording_folder.h"

#include "relay/outputs/record/recording_name.h"

#include <stdexcept>
#include <utility>

namespace spillway::relay {

RecordingFolder::RecordingFolder(std::filesystem::path directory, const std::filesystem::path& below,
                                 std::string subscription)
    : directory_(std::move(directory))
    , folder_(directory_ / below)
    , subscription_(std::move(subscription)) {}

RecordingFile::PathOf RecordingFolder::pathsFor(Clock::time_point begin) const {
    if (!std::filesystem::is_directory(directory_))
        throw std::runtime_error(directory_.string() + ": the directory does not exist any more");
    std::filesystem::create_directories(folder_);
    return [folder = folder_, start = recordingStart(wallTimeOf(begin)), subscription = subscription_](
               int again) { return folder / recordingName(start, again, subscription); };
}

} // namespace spillway::relay
