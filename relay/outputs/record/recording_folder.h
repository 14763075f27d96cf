// Where the files of one recorder go, and what they are called. Output loop thread.
#pragma once

#include "relay/base/clock.h"
#include "relay/outputs/record/recording_file.h"

#include <filesystem>
#include <string>

namespace spillway::relay {

class RecordingFolder {
  public:
    /// `below` the configured directory.
    RecordingFolder(std::filesystem::path directory, const std::filesystem::path& below,
                    std::string subscription);

    /// Makes the folder, and says what a file in it is called that begins then. Never makes the directory:
    /// where a disk was unmounted, that would fill the disk below. Throws std::runtime_error.
    RecordingFile::PathOf pathsFor(Clock::time_point begin) const;

  private:
    const std::filesystem::path directory_;
    const std::filesystem::path folder_;
    const std::string subscription_;
};

} // namespace spillway::relay
